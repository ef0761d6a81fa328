package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import io.github.attention4j.viz.format.TraceFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenTensorsTests {
  @TempDir Path folder;

  private Path inputs(String name, long... ids) throws IOException {
    Path file = folder.resolve("inputs.safetensors");
    SafetensorsWriter.write(
        file,
        Map.of(name, LongTensor.of(ids, 2, ids.length / 2), "expected.logits", Tensor.allocate(1)),
        Map.of());
    return file;
  }

  @Test
  void everyOutputAndMapIsWrittenUnderItsName() throws IOException {
    Path file = inputs("input.input_ids", 0, 5, 6, 5, 0, 7, 8, 7);
    CommandLineRun run =
        CommandLineRun.of(
            "explain",
            "--model",
            "induction",
            "--inputs",
            file,
            "--provider",
            "reference",
            "--out",
            folder);
    assertEquals(0, run.exitCode(), run::err);
    Safetensors trace = Safetensors.open(folder.resolve("trace.safetensors"));
    assertEquals(Shape.of(2, 4, 64), trace.tensor("logits").shape());
    assertEquals(Shape.of(2, 4, 4, 4), trace.tensor("attentions.1").shape());
    assertEquals(Shape.of(2, 4, 64), trace.tensor("hidden_states.2").shape());
    AttentionTrace first = TraceFile.read(folder.resolve("trace.safetensors"));
    assertEquals(2, first.maps().size());
    assertEquals(
        trace.tensor("attentions.1").get(0, 3, 2, 1),
        first.map("attentions.1").weights().get(3, 2, 1));
    assertTrue(Files.size(folder.resolve("report.html")) > 1000);
    assertTrue(run.out().contains("ran on reference"), run::out);
  }

  @Test
  void aPublishedFolderRunsAndIsExported() throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      try (InputStream in =
          Objects.requireNonNull(GivenTensorsTests.class.getResourceAsStream("vit/" + name))) {
        Files.write(folder.resolve(name), in.readAllBytes());
      }
    }
    Path file = folder.resolve("pixels.safetensors");
    SafetensorsWriter.write(
        file, Map.of("input.pixel_values", Tensor.allocate(1, 3, 32, 32)), Map.of());
    Path out = folder.resolve("out");
    CommandLineRun run =
        CommandLineRun.of("explain", "--model", folder, "--inputs", file, "--out", out);
    assertEquals(0, run.exitCode(), run::err);
    Safetensors trace = Safetensors.open(out.resolve("trace.safetensors"));
    assertEquals(Shape.of(1, 7), trace.tensor("logits").shape());
    assertEquals(Shape.of(1, 4, 17, 17), trace.tensor("attentions.0").shape());
    Path onnx = folder.resolve("vit.onnx");
    CommandLineRun export = CommandLineRun.of("export", "--model", folder, "--output", onnx);
    assertEquals(0, export.exitCode(), export::err);
    assertTrue(Files.size(onnx) > 100_000);
  }

  @Test
  void whatCannotRunIsOneLine() throws IOException {
    refused(inputs("input.pixel_values", 0, 1), "expected 'input_ids' for llama");
    refused(inputs("input_ids", 0, 1), "expected arrays named input.NAME");
    refused(folder.resolve("none.safetensors"), "none.safetensors");
    CommandLineRun both =
        CommandLineRun.of("explain", "text", "--inputs", inputs("input.input_ids", 0, 1));
    assertEquals(2, both.exitCode());
  }

  @Test
  void aPictureForAModelOfTextsIsRefused() throws IOException {
    Path picture = folder.resolve("picture.png");
    ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB), "png", picture.toFile());
    Path inputs = inputs("input.input_ids", 0, 1);
    CommandLineRun run =
        CommandLineRun.of(
            "explain",
            "--model",
            "induction",
            "--inputs",
            inputs,
            "--picture",
            picture,
            "--out",
            folder.resolve("out"));
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("picture: expected a model that looks at patches"), run::err);
    assertTrue(!Files.exists(folder.resolve("out").resolve("trace.safetensors")));
  }

  private void refused(Path file, String expected) {
    Path out = folder.resolve("out");
    CommandLineRun run =
        CommandLineRun.of("explain", "--model", "induction", "--inputs", file, "--out", out);
    assertEquals(2, run.exitCode());
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().contains(expected), run::err);
    assertTrue(!Files.exists(out.resolve("trace.safetensors")));
  }
}
