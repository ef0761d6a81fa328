package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Longformer out of BERT's parameters: with a window that holds everything it is RoBERTa, with a
 * narrow one a token sees its window and the global tokens.
 */
class LongformerTests {
  private static final String GLOBAL = "global_attention_mask";
  private static final int LENGTH = 12;

  @TempDir Path folder;

  /**
   * @param shift what the projections of global tokens differ by from the others
   */
  private Path longformer(String window, float shift) throws IOException {
    return write(folder.resolve("longformer"), window, shift);
  }

  /** Writes such a model into a folder. */
  static Path write(Path target, String window, float shift) throws IOException {
    Safetensors weights = Providers.resource("fixtures/bert/model.safetensors");
    Map<String, NdArray> renamed = new LinkedHashMap<>();
    for (String name : weights.names()) {
      String own = name.replaceFirst("^bert\\.", "longformer.");
      renamed.put(own, weights.get(name));
      if (own.matches(".*self\\.(query|key|value)\\..*")) {
        Tensor moved = Tensor.allocate(weights.entry(name).shape());
        for (long i = 0; i < moved.shape().elements(); i++) {
          moved.set(i, weights.tensor(name).at(i) + shift);
        }
        renamed.put(own.replaceFirst("self\\.(query|key|value)", "self.$1_global"), moved);
      }
    }
    Files.createDirectories(target);
    SafetensorsWriter.write(target.resolve("model.safetensors"), renamed, Map.of());
    Files.writeString(
        target.resolve("config.json"),
        config()
            .replace("\"model_type\": \"bert\"", "\"model_type\": \"longformer\"")
            .replace(
                "\"pad_token_id\": 0", "\"pad_token_id\": 0, \"attention_window\": " + window));
    return target;
  }

  private static String config() throws IOException {
    try (var in = LongformerTests.class.getResourceAsStream("fixtures/bert/config.json")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Inputs tokens() {
    long[] ids = new long[2 * LENGTH];
    long[] mask = new long[2 * LENGTH];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 7 + i * 31L % 100;
      mask[i] = i < 2 * LENGTH - 3 ? 1 : 0;
    }
    return Inputs.none()
        .with("input_ids", LongTensor.of(ids, 2, LENGTH))
        .with("attention_mask", LongTensor.of(mask, 2, LENGTH));
  }

  /** The first token of both, and one more of the second. */
  static Inputs withGlobal() {
    long[] global = new long[2 * LENGTH];
    global[0] = 1;
    global[LENGTH] = 1;
    global[LENGTH + 5] = 1;
    return tokens().with(GLOBAL, LongTensor.of(global, 2, LENGTH));
  }

  private static boolean global(int batch, int token) {
    return token == 0 || (batch == 1 && token == 5);
  }

  private Result run(Path model, Inputs inputs, AttentionProvider provider) throws IOException {
    try (ModelRunner runner = ModelRunner.load(model, inputs.names(), Execution.on(provider))) {
      assertEquals(List.of(), runner.unusedTensors());
      return runner.run(inputs);
    }
  }

  private Result roberta(AttentionProvider provider) throws IOException {
    Path target = Files.createDirectories(folder.resolve("roberta"));
    Safetensors weights = Providers.resource("fixtures/bert/model.safetensors");
    Map<String, NdArray> same = new LinkedHashMap<>();
    for (String name : weights.names()) {
      same.put(name.replaceFirst("^bert\\.", "roberta."), weights.get(name));
    }
    SafetensorsWriter.write(target.resolve("model.safetensors"), same, Map.of());
    Files.writeString(
        target.resolve("config.json"),
        config().replace("\"model_type\": \"bert\"", "\"model_type\": \"roberta\""));
    return run(target, tokens(), provider);
  }

  static Stream<AttentionProvider> providers() {
    return Providers.all();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void aWindowThatHoldsEverythingMakesItRoberta(AttentionProvider provider) throws IOException {
    Result roberta = roberta(provider);
    Result wide = run(longformer("64", 0.5f), tokens(), provider);
    assertArrayEquals(
        roberta.tensor("prediction_logits").toArray(),
        wide.tensor("prediction_logits").toArray(),
        1e-4f);
    Result global = run(longformer("[64, 24]", 0), withGlobal(), provider);
    assertArrayEquals(
        roberta.tensor("prediction_logits").toArray(),
        global.tensor("prediction_logits").toArray(),
        1e-4f);
    for (int layer = 0; layer < 2; layer++) {
      float[] whole = roberta.tensor("attentions." + layer).toArray();
      float[] local = global.tensor("attentions." + layer).toArray();
      float[] ofGlobal = global.tensor("global_attentions." + layer).toArray();
      for (int i = 0; i < whole.length; i++) {
        boolean row = global(i / (4 * LENGTH * LENGTH), i / LENGTH % LENGTH);
        assertEquals(row ? 0 : whole[i], local[i], 1e-5f);
        assertEquals(row ? whole[i] : 0, ofGlobal[i], 1e-5f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void tokensSeeTheirWindowAndTheGlobalOnes(AttentionProvider provider) throws IOException {
    Result same = run(longformer("4", 0), withGlobal(), provider);
    float[] map = same.tensor("attentions.0").toArray();
    for (int i = 0; i < map.length; i++) {
      int batch = i / (4 * LENGTH * LENGTH);
      int query = i / LENGTH % LENGTH;
      int key = i % LENGTH;
      boolean seen =
          !global(batch, query)
              && (batch == 0 || key < LENGTH - 3)
              && (Math.abs(query - key) <= 2 || global(batch, key));
      assertEquals(seen, map[i] > 0, "batch " + batch + " query " + query + " key " + key);
    }
    // Other projections change what global tokens see, and nothing else of the first layer.
    Result other = run(longformer("4", 0.3f), withGlobal(), provider);
    assertArrayEquals(map, other.tensor("attentions.0").toArray(), 0);
    float[] before = same.tensor("hidden_states.1").toArray();
    float[] after = other.tensor("hidden_states.1").toArray();
    for (int i = 0; i < before.length; i++) {
      boolean row = global(i / (LENGTH * 32), i / 32 % LENGTH);
      assertTrue(row || before[i] == after[i], "channel " + i);
    }
    assertTrue(Math.abs(before[0] - after[0]) > 1e-4, "the first token");
  }

  @Test
  void windowsMustFit() throws IOException {
    assertTrue(refusal(longformer("[4, 4, 4]", 0)).contains("one for each of 2 layers"));
    assertTrue(refusal(longformer("5", 0)).contains("even numbers"));
  }

  private static String refusal(Path model) {
    return String.valueOf(
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    ModelRunner.load(model, Set.of("input_ids"), Execution.on(Providers.fastest())))
            .getMessage());
  }
}
