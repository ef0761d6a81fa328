package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the benchmark runs and reports everything; no figure is judged here. */
final class BenchCommandTests {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void theGridEndsInATableAndJson() throws IOException {
    Path file = folder.resolve("bench.json");
    CommandLineRun run =
        CommandLineRun.of("bench", "--longest", 1, "--rounds", 2, "--warm-up", 0, "--output", file);
    assertEquals(0, run.exitCode(), run::err);
    assertFalse(run.out().contains("FAILED"), run::out);
    assertFalse(run.out().contains("DIFFERENT"), run::out);
    assertTrue(run.out().contains("ceiling of multiply-adds: "), run::out);
    JsonNode root = JSON.readTree(file.toFile());
    assertTrue(root.at("/machine/operations per second").asDouble() > 0);
    List<String> groups = root.at("/groups").findValuesAsText("id");
    assertEquals(List.of("memory", "small", "sparse"), groups);
    JsonNode small = root.at("/groups/1/rows/0");
    assertEquals(2, small.at("/contestants/cpu/round seconds").size());
    assertTrue(small.at("/ratio").asDouble() > 0, small::toString);
    assertEquals(8 * 1 * 2 * (40 + 40), small.at("/operations").asDouble());
  }

  @Test
  void theComparisonEndsInATableJsonAndAPage() throws IOException {
    Path file = folder.resolve("comparison.json");
    Path page = folder.resolve("comparison.html");
    CommandLineRun run =
        CommandLineRun.of(
            "bench",
            "--compare",
            "--longest",
            128,
            "--rounds",
            1,
            "--warm-up",
            0,
            "--output",
            file,
            "--chart",
            page);
    assertEquals(0, run.exitCode(), run::err);
    assertFalse(run.out().contains("FAILED"), run::out);
    JsonNode first = JSON.readTree(file.toFile()).at("/mechanisms/0");
    assertEquals("full softmax", first.at("/name").asText());
    assertTrue(first.at("/points/0/error").asDouble() < 1e-5, first::toString);
    assertTrue(Files.readString(page).contains("<polyline"));
  }

  @Test
  void badOptionsAreNamed() {
    CommandLineRun group = CommandLineRun.of("bench", "--only", "prefil");
    assertEquals(2, group.exitCode());
    assertEquals(
        List.of(
            "attention: --only: expected some of [memory, prefill, decode, small, sparse, linear],"
                + " got 'prefil'"),
        group.errLines());
    assertEquals(2, CommandLineRun.of("bench", "--chart", "page.html").exitCode());
    assertEquals(2, CommandLineRun.of("bench", "--rounds", 0).exitCode());
  }
}
