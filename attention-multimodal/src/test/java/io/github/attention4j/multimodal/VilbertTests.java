package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VilbertTests {
  @TempDir Path folder;

  private RandomVilbert made;
  private Inputs inputs = Inputs.none();

  static Stream<AttentionProvider> providers() {
    return Providers.all();
  }

  @BeforeEach
  void checkpoint() throws IOException {
    made = new RandomVilbert(folder);
    inputs = made.inputs();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void equalsAnIndependentComputation(AttentionProvider provider) throws IOException {
    try (ModelRunner model = ModelRunner.load(folder, inputs.names(), Execution.on(provider))) {
      assertEquals("vilbert", model.modelType());
      assertEquals(List.of(), model.unusedTensors());
      Result result = model.run(inputs);
      for (int sample = 0; sample < 2; sample++) {
        Map<String, double[][]> expected = made.reference(sample).results;
        assertEquals(19, expected.size());
        for (Map.Entry<String, double[][]> entry : expected.entrySet()) {
          compare(entry.getKey(), sample, entry.getValue(), result.tensor(entry.getKey()));
        }
      }
    }
  }

  /** Padded queries are filler; padded regions of the second sample are the last ones. */
  private static void compare(String name, int sample, double[][] expected, Tensor actual) {
    long each = actual.shape().elements() / 2;
    assertEquals(each, (long) expected.length * expected[0].length, name);
    for (int row = 0; row < expected.length; row++) {
      for (int c = 0; c < expected[row].length; c++) {
        double value = actual.at(sample * each + (long) row * expected[row].length + c);
        assertEquals(
            expected[row][c], value, 2e-5, name + " of " + sample + " at " + row + ", " + c);
      }
    }
  }

  @Test
  void regionsKeepTheirBoxesInTheTrace() throws IOException {
    try (ModelRunner model =
        ModelRunner.load(folder, inputs.names(), Execution.on(Providers.fastest()))) {
      AttentionTrace trace = model.trace(inputs, model.run(inputs), 0, Map.of());
      AttentionMap look = trace.map("cross_attentions.text_to_vision.1");
      assertEquals(Labels.Kind.REGION, look.keys().kind());
      assertEquals(Labels.Kind.TOKEN, look.queries().kind());
      assertEquals("region 2", look.keys().texts().get(2));
      assertEquals(0.6, look.keys().places().get(1).get(3), 1e-6);
      assertEquals(look.keys(), trace.map("vision_attentions.0").queries());
      assertEquals(look.keys(), trace.map("cross_attentions.vision_to_text.0").queries());
    }
  }

  @Test
  void withoutConnectionsTheStreamsAreApart() throws IOException {
    made.config(", \"with_coattention\": false, \"model_type\": \"vilbert\"");
    try (ModelRunner model =
        ModelRunner.load(folder, inputs.names(), Execution.on(Providers.fastest()))) {
      assertEquals(List.of(), model.unusedTensors());
      assertEquals(7, model.network().attentionNodes().size());
    }
  }

  @Test
  void whatIsNotBuiltIsRefused() throws IOException {
    refused("task_specific_tokens: expected false", ", \"task_specific_tokens\": true");
    refused("dynamic_attention: expected false", ", \"dynamic_attention\": true");
    refused("fusion_method: expected 'mul' or 'sum'", ", \"fusion_method\": \"max\"");
    refused("model: expected 'bert'", ", \"model\": \"roberta\"");
    String ascending = folder.resolve("config.json") + ": v_biattention_id: expected ascending";
    Files.writeString(
        folder.resolve("config.json"),
        Files.readString(folder.resolve("config.json"))
            .replace("\"model\": \"roberta\"", "\"x\": 1")
            .replace("\"v_biattention_id\": [0, 2]", "\"v_biattention_id\": [2, 0]"));
    assertTrue(refusal().startsWith(ascending), refusal());
  }

  private void refused(String expected, String more) throws IOException {
    made.config(more);
    assertTrue(refusal().contains(expected), refusal());
  }

  private String refusal() {
    return String.valueOf(
        assertThrows(
                IllegalArgumentException.class,
                () -> ModelRunner.load(folder, inputs.names(), Execution.on(Providers.fastest())))
            .getMessage());
  }
}
