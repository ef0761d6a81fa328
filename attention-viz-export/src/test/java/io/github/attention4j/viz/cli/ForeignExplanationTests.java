package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.viz.format.TraceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of other makers through the real entry point. */
final class ForeignExplanationTests {
  private static final Path MODELS = Path.of("../attention-onnx-gpu/src/test/resources/inspect");
  private static final Path BERT = MODELS.resolve("bert-classic-legacy14-dynamic");

  @TempDir Path folder;

  @Test
  void givenArraysShowThePublishedAttention() throws IOException {
    Path published = BERT.resolve("io.safetensors");
    CommandLineRun run =
        CommandLineRun.of(
            "explain",
            "--model",
            BERT.resolve("model.onnx"),
            "--inputs",
            published,
            "--out",
            folder);
    assertEquals(0, run.exitCode(), run::err);
    Safetensors trace = Safetensors.open(folder.resolve("trace.safetensors"));
    Safetensors expected = Safetensors.open(published);
    for (String map : List.of("attentions.0", "attentions.1")) {
      Tensor shown = trace.tensor(map);
      Tensor wanted = expected.tensor("expected." + map);
      assertEquals(wanted.shape(), shown.shape());
      for (long i = 0; i < wanted.shape().elements(); i++) {
        assertEquals(wanted.at(i), shown.at(i), 1e-5, map);
      }
    }
    assertTrue(Files.size(folder.resolve("report.html")) > 10_000);
  }

  @Test
  void idsBecomeTheLabels() throws IOException {
    CommandLineRun run =
        CommandLineRun.of(
            "explain",
            "--model",
            BERT.resolve("model.onnx"),
            "--ids",
            "2,7,5,3",
            "--layers",
            "1",
            "--out",
            folder);
    assertEquals(0, run.exitCode(), run::err);
    AttentionTrace trace = TraceFile.read(folder.resolve("trace.safetensors"));
    assertEquals(1, trace.maps().size());
    assertEquals(1, trace.maps().getFirst().label().layer());
    assertEquals(4, trace.maps().getFirst().heads());
    assertTrue(run.out().contains("[1, 4, 4, 4]"), run::out);
  }

  @Test
  void neitherIdsNorInputsNamesWhatTheModelReads() {
    CommandLineRun run =
        CommandLineRun.of("explain", "--model", BERT.resolve("model.onnx"), "--out", folder);
    assertEquals(2, run.exitCode(), run::out);
    assertTrue(run.err().contains("input_ids"), run::err);
  }
}
