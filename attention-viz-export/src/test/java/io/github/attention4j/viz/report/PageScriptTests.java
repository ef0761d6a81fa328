package io.github.attention4j.viz.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageScriptTests {
  private static final Pattern IMPORT = Pattern.compile("^import .* from \"\\./(.*)\";$");

  @TempDir private Path folder;

  @Test
  void modulesImportOnlyWhatStandsBeforeThem() {
    Set<String> before = new HashSet<>();
    for (String module : PageScript.MODULES) {
      PageScript.resource(module)
          .lines()
          .map(IMPORT::matcher)
          .filter(Matcher::matches)
          .forEach(found -> assertTrue(before.contains(found.group(1)), module + ": " + found));
      before.add(module);
    }
  }

  @Test
  void theStylesAndTheSkeletonLoadNothing() {
    for (String text : List.of(PageScript.style(), PageScript.skeleton())) {
      assertEquals(-1, text.indexOf("url("));
      assertEquals(-1, text.indexOf("http"));
      assertEquals(-1, text.indexOf("style=\""));
    }
  }

  @Test
  void theJoinedModulesAreOneValidModule() throws Exception {
    Path script = Files.writeString(folder.resolve("joined.mjs"), PageScript.script());
    run("node", "--check", script.toString());
  }

  @Test
  void theModulesPassTheirOwnTests() throws Exception {
    run("node", "--test", "src/test/js/");
  }

  /** Runs node where it is installed; without it the test is skipped. */
  private static void run(String... command) throws IOException, InterruptedException {
    assumeTrue(Programs.find("node").isPresent(), "node is not installed");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(0, process.exitValue(), output);
  }
}
