package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.analysis.AnalysisFile;
import io.github.attention4j.viz.analysis.Traces;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.format.TraceFormat;
import io.github.attention4j.viz.format.TraceFormats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done with traces, through the real entry point. */
final class TraceCommandTests {
  @TempDir Path folder;

  private Path trace() throws IOException {
    Path file = folder.resolve("trace.safetensors");
    TraceFile.write(Traces.induction(), file);
    return file;
  }

  @Test
  void convertWritesEveryFormatBesideTheTrace() throws IOException {
    Path trace = trace();
    String help = CommandLineRun.of("convert", "--help").out();
    for (TraceFormat format : TraceFormats.all()) {
      assertTrue(help.contains(format.id()), format.id());
      if (!format.id().equals("safetensors")) {
        CommandLineRun run = CommandLineRun.of("convert", trace, "--to", format.id());
        assertEquals(0, run.exitCode(), run::err);
        Path written = Path.of(run.outLines().getFirst().substring("wrote ".length()));
        assertTrue(Files.size(written) > 1000, written::toString);
      }
    }
    assertEquals(Traces.induction(), TraceFile.read(trace), "the trace itself stays");
  }

  @Test
  void convertKeepsNormsWhereTheFormatKnowsThem() throws IOException {
    Path trace = folder.resolve("trace.safetensors");
    AttentionTrace induction = Traces.induction();
    AttentionMap map = induction.maps().get(1);
    Tensor doubled = Tensor.allocate(map.weights().shape().toArray());
    for (long at = 0; at < doubled.shape().elements(); at++) {
      doubled.set(at, 2 * map.weights().at(at));
    }
    AttentionMap norm =
        new AttentionMap(map.name(), map.label(), doubled, map.queries(), map.keys(), map.proof());
    TraceFile.write(induction, List.of(norm), Map.of(), trace);
    assertEquals(induction, TraceFile.read(trace));
    assertEquals(List.of(norm), TraceFile.norms(trace, induction));
    Path page = folder.resolve("page.html");
    CommandLineRun run = CommandLineRun.of("convert", trace, "--to", "report", "--output", page);
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(Files.readString(page).contains("\"norm\":true"));
    Path copy = folder.resolve("copy.safetensors");
    run =
        CommandLineRun.of("convert", trace, "--to", "safetensors", "--layer", 1, "--output", copy);
    assertEquals(0, run.exitCode(), run::err);
    assertEquals(List.of(norm), TraceFile.norms(copy, TraceFile.read(copy)));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            TraceFile.write(
                new AttentionTrace(List.of(induction.maps().getFirst()), Map.of()),
                List.of(norm),
                Map.of(),
                folder.resolve("wrong.safetensors")));
  }

  @Test
  void convertRefusesWhatItCannotDo() throws IOException {
    Path trace = trace();
    for (List<Object> arguments :
        List.<List<Object>>of(
            List.of("--to", "jpeg"),
            List.of("--to", "safetensors"),
            List.of("--to", "svg", "--kind", "cross"),
            List.of("--to", "svg", "--head", 4),
            List.of("--to", "csv", "--top-k", -1),
            List.of("--to", "csv", "--threshold", 2))) {
      List<Object> all = new ArrayList<>(List.of("convert", trace));
      all.addAll(arguments);
      CommandLineRun run = CommandLineRun.of(all.toArray());
      assertEquals(2, run.exitCode(), arguments::toString);
      assertEquals(1, run.errLines().size(), run::err);
    }
  }

  @Test
  void analyzeNamesTheKnownHeads() throws IOException {
    CommandLineRun run = CommandLineRun.of("analyze", trace(), "--out", folder.resolve("out"));
    assertEquals(0, run.exitCode(), run::err);
    for (int head = 0; head < 4; head++) {
      String start = "induction             decoder 1." + head;
      assertTrue(run.outLines().stream().anyMatch(line -> line.startsWith(start)), run::out);
    }
    Path shuffled = folder.resolve("shuffled.safetensors");
    TraceFile.write(Traces.shuffled(1), shuffled);
    run = CommandLineRun.of("analyze", shuffled, "--out", folder.resolve("shuffled"));
    assertTrue(run.out().contains("no head does anything clearly above its baseline"), run::out);
  }

  @Test
  void analyzeGoesOnWhereItStoppedAndMerges() throws IOException {
    List<String> texts =
        List.of(
            "kQ7xTb2mZWq9 kQ7xTb2mZWq9 kQ7xT", "", "abcdef abcdef abc", "xyzXYZ12 xyzXYZ12 xyz");
    Path file = Files.write(folder.resolve("texts.txt"), texts);
    Path whole = folder.resolve("whole");
    CommandLineRun run =
        CommandLineRun.of("analyze", "--texts", file, "--model", "induction", "--out", whole);
    assertEquals(0, run.exitCode(), run::err);
    AnalysisFile expected = AnalysisFile.read(whole.resolve("analysis.json"));
    assertEquals(3, expected.analysis().texts());
    assertTrue(
        expected.analysis().roles().stream()
            .anyMatch(role -> role.head().toString().equals("decoder 1.1")));

    // The same folder holds all three texts already: nothing is left to do, and nothing counts
    // twice.
    run = CommandLineRun.of("analyze", "--texts", file, "--model", "induction", "--out", whole);
    assertTrue(run.err().contains("continuing after 3 texts"), run::err);
    assertEquals(
        expected.analysis().scores(),
        AnalysisFile.read(whole.resolve("analysis.json")).analysis().scores());

    Path both = folder.resolve("both");
    Path state = whole.resolve("analysis.json");
    run = CommandLineRun.of("analyze", state, state, "--out", both);
    assertEquals(0, run.exitCode(), run::err);
    assertEquals(6, AnalysisFile.read(both.resolve("analysis.json")).analysis().texts());

    Files.writeString(file, "something else\n");
    run = CommandLineRun.of("analyze", "--texts", file, "--model", "induction", "--out", whole);
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("is another analysis"), run::err);
  }

  @Test
  void analyzeFollowsTrees() throws IOException {
    StringBuilder tree = new StringBuilder();
    String symbols = "kQ7xTb2mkQ7xTb2m";
    for (int i = 0; i < symbols.length(); i++) {
      // Every repeated symbol depends on the one after its first occurrence.
      int head = i < 8 ? 0 : i - 8 + 2;
      tree.append(
          "%d\t%c\t_\t_\t_\t_\t%d\t%s\t_\t_\n"
              .formatted(i + 1, symbols.charAt(i), head, i < 8 ? "root" : "next"));
    }
    Path file = Files.writeString(folder.resolve("trees.conllu"), tree + "\n");
    CommandLineRun run =
        CommandLineRun.of("analyze", "--conllu", file, "--model", "induction", "--all");
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains("dependent to head"), run::out);
    assertTrue(run.out().contains("small sample"), run::out);
  }
}
