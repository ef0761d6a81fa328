package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script at the root: what it does before anything is built. */
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
}
