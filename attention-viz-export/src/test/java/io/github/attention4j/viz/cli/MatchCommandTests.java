package io.github.attention4j.viz.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.viz.format.TraceFile;
import io.github.attention4j.viz.report.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MatchCommandTests {
  @TempDir Path folder;

  private Path model;
  private Path image;

  @BeforeEach
  void files() throws IOException {
    model = folder.resolve("model");
    TinyClip.write(model);
    byte[] rgb = new byte[3 * 48 * 32];
    new Random(1).nextBytes(rgb);
    image = Files.write(folder.resolve("noise.png"), Png.of(48, 32, rgb));
  }

  private CommandLineRun match(Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("match"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--model", model, "--out", folder.resolve("out")));
    return CommandLineRun.of(all.toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "onnx", "reference"})
  void probabilitiesMapsAndFiles(String provider) throws IOException {
    CommandLineRun run = match(image, "a cat", "A dog", "boat", "--provider", provider);
    assertEquals(0, run.exitCode(), run::err);
    List<String> lines = run.outLines();
    assertEquals(image + ": 48 x 32", lines.getFirst());
    double sum = 0;
    double before = 100;
    for (String line : lines.subList(1, 4)) {
      double percent = Double.parseDouble(line.substring(0, line.indexOf('%')).trim());
      assertTrue(percent <= before, run::out);
      before = percent;
      sum += percent;
    }
    assertEquals(100, sum, 0.02);
    assertTrue(run.out().contains("  last layer"), run::out);
    assertTrue(run.out().contains("“A dog”"), run::out);
    assertTrue(run.out().contains("ran on " + provider), run::out);

    Path file = folder.resolve("out/trace.safetensors");
    Safetensors arrays = Safetensors.open(file);
    assertEquals(Shape.of(3), arrays.tensor("probabilities").shape());
    assertEquals(Shape.of(16), arrays.tensor("class_rollout").shape());
    assertEquals(Shape.of(3, 2, 2, 17), arrays.tensor("caption_contributions").shape());
    assertEquals(Shape.of(3, 2, 4, 4), arrays.tensor("text_attentions.0").shape());
    AttentionTrace trace = TraceFile.read(file);
    AttentionMap captions = trace.map("caption_patches");
    assertEquals(MapLabel.Kind.TEXT_TO_VISION, captions.label().kind());
    assertEquals(List.of("a cat", "A dog", "boat"), captions.queries().texts());
    assertTrue(captions.proof().startsWith("computed, no attention of the model"));
    assertEquals(16, captions.keys().places().stream().filter(place -> !place.isEmpty()).count());
    assertEquals(Shape.of(2, 17, 17), trace.map("vision_attentions.1").weights().shape());
    rolloutIsTheProductOfLayers(trace, arrays.tensor("class_rollout"));
    String prediction = String.valueOf(trace.facts().get("prediction"));
    assertTrue(lines.get(1).contains("  " + prediction + "   (logit"), run::out);
    String report = Files.readString(folder.resolve("out/report.html"));
    assertTrue(report.contains("<img id=\"picture\" alt=\"\" src=\"data:image/png;base64,"));
    assertTrue(report.contains("caption_patches"));
  }

  /** Row 0 of A1 A0, A = (mean head + I) / 2. */
  private static void rolloutIsTheProductOfLayers(AttentionTrace trace, Tensor rollout) {
    Tensor first = trace.map("vision_attentions.0").weights();
    Tensor second = trace.map("vision_attentions.1").weights();
    for (int patch = 0; patch < 16; patch++) {
      double sum = 0;
      for (int between = 0; between < 17; between++) {
        sum += half(second, 0, between) * half(first, between, patch + 1);
      }
      assertEquals(sum, rollout.get(patch), 1e-5);
    }
  }

  private static double half(Tensor weights, int query, int key) {
    double mean = (weights.get(0, query, key) + weights.get(1, query, key)) / 2;
    return (mean + (query == key ? 1 : 0)) / 2;
  }

  @Test
  void severalPicturesAreNumbered() throws IOException {
    byte[] rgb = new byte[3 * 20 * 20];
    Path other = Files.write(folder.resolve("black.png"), Png.of(20, 20, rgb));
    CommandLineRun run = match(image, "cat", "--image", other, "dog");
    assertEquals(0, run.exitCode(), run::err);
    assertTrue(run.out().contains(other + ": 20 x 20"), run::out);
    for (String name : List.of("report-1.html", "report-2.html", "trace-2.safetensors")) {
      assertTrue(Files.exists(folder.resolve("out").resolve(name)), name);
    }
    assertFalse(Files.exists(folder.resolve("out/report.html")));
  }

  @Test
  void longCaptionsAreCutOnlyOnRequest() {
    String caption = "a cat a dog a boat a cat";
    refused("at most 8 tokens, begin and end included, got 10", image, caption);
    CommandLineRun cut = match(image, caption, "--truncate");
    assertEquals(0, cut.exitCode(), cut::err);
  }

  @Test
  void badInputIsOneLineAndWritesNothing() throws IOException {
    refused("noise.txt: no such file", folder.resolve("noise.txt"), "cat");
    refused("expected a picture in a format of", model.resolve("config.json"), "cat");
    assertEquals(2, match(image).exitCode());
    Files.delete(model.resolve("tokenizer.json"));
    refused("tokenizer.json: expected a Hugging Face tokenizer.json", image, "cat");
    TinyClip.write(model);
    Files.writeString(model.resolve("config.json"), "{\"model_type\": \"whisper\"}");
    refused("expected a model of type clip, this is one of type 'whisper'", image, "cat");
    TinyClip.write(model);
    Files.move(model.resolve("model.safetensors"), model.resolve("pytorch_model.bin"));
    refused("pickle, which is never read", image, "cat");
    model = folder.resolve("none");
    refused("none: no such folder", image, "cat");
  }

  private void refused(String expected, Object... arguments) {
    CommandLineRun run = match(arguments);
    assertEquals(2, run.exitCode(), run::err);
    assertEquals(1, run.errLines().size(), run::err);
    assertTrue(run.err().contains(expected), run::err);
    assertFalse(Files.exists(folder.resolve("out/trace.safetensors")));
  }
}
