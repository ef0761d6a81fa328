package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script at the root: what it does before anything is built, and how it starts Java. */
final class LauncherTests {
  private static final Path LAUNCHER = Path.of("..", "attention").toAbsolutePath().normalize();

  @TempDir Path folder;

  @Test
  void findsAJdk25FromAnyFolderAndThroughALink() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/env")), "needs a POSIX system");
    Path link = Files.createSymbolicLink(folder.resolve("linked"), LAUNCHER);
    Process process =
        new ProcessBuilder(List.of(link.toString(), "--jdk"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String printed =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    Files.delete(link); // or the temporary folder's clean-up warns of a link that leads out of it
    assertEquals(0, process.waitFor(), printed);
    assertTrue(
        Files.readString(Path.of(printed, "release")).contains("JAVA_VERSION=\"25"), printed);
  }

  @Test
  void aSignalToTheScriptEndsJava() throws IOException, InterruptedException {
    Process process = start("echo $$; exec sleep 60", "");
    try (BufferedReader out = process.inputReader()) {
      long java = Long.parseLong(out.readLine());
      process.destroy();
      assertTrue(process.waitFor(10, TimeUnit.SECONDS), "the script goes on");
      assertTrue(process.exitValue() != 0);
      assertTrue(ProcessHandle.of(java).isEmpty(), "what it started goes on");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void streamsAndExitCodesAreThoseOfJava() throws IOException, InterruptedException {
    String announcement = "WARNING: Using incubator modules: jdk.incubator.vector";
    String java = "cat; echo '" + announcement + "' >&2; echo first >&2; echo second >&2; exit 3";
    Process process = start(java, "");
    try (BufferedWriter in = process.outputWriter()) {
      in.write("read");
    }
    try (BufferedReader out = process.inputReader();
        BufferedReader errors = process.errorReader()) {
      assertEquals(List.of("read"), out.lines().toList());
      assertEquals(List.of("first", "second"), errors.lines().toList());
    }
    assertEquals(3, process.waitFor());
    // A file that Java opens must not become its standard input.
    Process closed = start("cat && echo nothing", "<&-");
    try (BufferedReader out = closed.inputReader()) {
      assertEquals(List.of("nothing"), out.lines().toList());
    }
    assertEquals(0, closed.waitFor());
  }

  /** The script in a folder that looks built, with a script in place of Java. */
  private Process start(String java, String redirection) throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/env")), "needs a POSIX system");
    Path home = Files.createDirectories(folder.resolve("home"));
    Path jdk = Files.createDirectories(folder.resolve("jdk"));
    Files.writeString(home.resolve("pom.xml"), "");
    Path application =
        Files.createDirectories(home.resolve("attention-viz-export/target/application"));
    for (String name : List.of("api", "cpu", "multimodal", "onnx-gpu", "viz-export")) {
      Files.createDirectories(home.resolve("attention-" + name + "/src/main"));
      Files.writeString(home.resolve("attention-" + name + "/pom.xml"), "");
      Path jars = name.equals("viz-export") ? application.resolveSibling("") : application;
      Files.writeString(jars.resolve("attention-" + name + "-1.jar"), "");
    }
    Files.writeString(application.resolve(".complete"), "");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    Files.createDirectories(jdk.resolve("bin"));
    for (String name : List.of("java", "javac")) {
      Path program = Files.writeString(jdk.resolve("bin/" + name), "#!/bin/sh\n" + java + "\n");
      assertTrue(program.toFile().setExecutable(true));
    }
    Path script = home.resolve("attention");
    Files.copy(LAUNCHER, script, StandardCopyOption.REPLACE_EXISTING);
    assertTrue(script.toFile().setExecutable(true));
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "exec '" + script + "' providers " + redirection);
    builder.environment().put("ATTENTION_JAVA_HOME", jdk.toString());
    return builder.start();
  }
}
