package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModelRunnerTests {
  private static final String EXPECTED = "expected.";
  private static final String INPUT = "input.";

  /** Functions of the tables alone: nothing a network computes. */
  private static final Set<String> TABLES =
      Set.of("encoder_position_bias", "decoder_position_bias");

  @TempDir Path folder;

  static Stream<Arguments> families() {
    return Stream.of("bert", "clip", "gpt2", "llama", "lxmert", "marian", "t5", "vit", "whisper")
        .flatMap(family -> Providers.all().map(provider -> Arguments.of(family, provider)));
  }

  private static byte[] file(String family, String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            ModelRunnerTests.class.getResourceAsStream("fixtures/" + family + "/" + name))) {
      return in.readAllBytes();
    }
  }

  private void checkpoint(String family, String config) throws IOException {
    Files.write(folder.resolve("model.safetensors"), file(family, "model.safetensors"));
    Files.write(folder.resolve("config.json"), file(family, config));
  }

  private static Inputs inputs(Safetensors io) {
    Inputs inputs = Inputs.none();
    for (String name : io.names()) {
      if (name.startsWith(INPUT)) {
        inputs = inputs.with(name.substring(INPUT.length()), io.get(name));
      }
    }
    return inputs;
  }

  @ParameterizedTest
  @MethodSource("families")
  void equalsThePublishedImplementation(String family, AttentionProvider provider)
      throws IOException {
    Safetensors io = Providers.resource("fixtures/" + family + "/io.safetensors");
    for (String config : List.of("config.json", "config_v4.json")) {
      checkpoint(family, config);
      Inputs inputs = inputs(io);
      try (ModelRunner model = ModelRunner.load(folder, inputs.names(), Execution.on(provider))) {
        assertEquals(family, model.modelType());
        assertEquals(List.of(), model.unusedTensors());
        Result result = model.run(inputs);
        int compared = 0;
        for (String name : io.names()) {
          if (name.startsWith(EXPECTED) && !TABLES.contains(name.substring(EXPECTED.length()))) {
            String output = name.substring(EXPECTED.length());
            Providers.compare(io, output, result.get(output));
            compared++;
          }
        }
        assertTrue(compared >= 6, family + " compared " + compared);
      }
    }
  }

  @Test
  void oldNamesAndShardsAreTheSameModel() throws IOException {
    Safetensors io = Providers.resource("fixtures/bert/io.safetensors");
    Safetensors weights = Safetensors.of("bert", file("bert", "model.safetensors"));
    Map<String, NdArray> first = new LinkedHashMap<>();
    Map<String, NdArray> second = new LinkedHashMap<>();
    StringBuilder index = new StringBuilder("{\"metadata\":{},\"weight_map\":{");
    for (String name : weights.names()) {
      String old =
          name.replace("LayerNorm.weight", "LayerNorm.gamma")
              .replace("LayerNorm.bias", "LayerNorm.beta");
      boolean one = name.hashCode() % 2 == 0;
      (one ? first : second).put(old, weights.get(name));
      index.append(index.toString().endsWith("{") ? "" : ",");
      index.append("\"%s\":\"model-%d.safetensors\"".formatted(old, one ? 1 : 2));
    }
    SafetensorsWriter.write(folder.resolve("model-1.safetensors"), first, Map.of());
    SafetensorsWriter.write(folder.resolve("model-2.safetensors"), second, Map.of());
    Files.writeString(folder.resolve("model.safetensors.index.json"), index + "}}");
    Files.write(folder.resolve("config.json"), file("bert", "config.json"));
    Inputs inputs = inputs(io);
    try (ModelRunner model =
        ModelRunner.load(folder, inputs.names(), Execution.on(Providers.fastest()))) {
      Providers.compare(io, "prediction_logits", model.run(inputs).get("prediction_logits"));
    }
    Files.delete(folder.resolve("model-2.safetensors"));
    assertTrue(refusal(NoSuchFileException.class, inputs.names()).contains("model-2.safetensors"));
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        index.toString().replace("model-2", "../model-2") + "}}");
    assertTrue(
        refusal(IllegalArgumentException.class, inputs.names()).contains("a file beside it"));
  }

  @Test
  void attentionMasksAndTypesMayBeLeftOut() throws IOException {
    Safetensors io = Providers.resource("fixtures/bert/io.safetensors");
    checkpoint("bert", "config.json");
    LongTensor words = io.longs("input.input_ids");
    LongTensor ones = LongTensor.allocate(words.shape());
    ones.segment().elements(ValueLayout.JAVA_LONG).forEach(e -> e.set(ValueLayout.JAVA_LONG, 0, 1));
    Inputs ids = Inputs.none().with("input_ids", words);
    Inputs explicit =
        ids.with("token_type_ids", LongTensor.allocate(words.shape())).with("attention_mask", ones);
    Execution execution = Execution.on(Providers.fastest());
    try (ModelRunner few = ModelRunner.load(folder, ids.names(), execution);
        ModelRunner all = ModelRunner.load(folder, explicit.names(), execution)) {
      float[] one = few.run(ids).tensor("prediction_logits").toArray();
      float[] other = all.run(explicit).tensor("prediction_logits").toArray();
      assertArrayEquals(one, other, 1e-5f);
    }
  }

  @Test
  void whatCannotBeLoadedIsNamed() throws IOException {
    checkpoint("bert", "config.json");
    assertTrue(
        refusal(IllegalArgumentException.class, Set.of("attention_mask"))
            .contains("expected 'input_ids' for bert"));
    assertTrue(
        refusal(IllegalArgumentException.class, Set.of("input_ids", "pixel_values"))
            .contains("got 'pixel_values'"));
    config("\"hidden_size\": 32", "\"hidden_size\": 64");
    assertTrue(
        refusal(IllegalArgumentException.class, Set.of("input_ids"))
            .contains("word_embeddings.weight': expected shape [120, 64], got F32 [120, 32]"));
    config("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"");
    assertTrue(refusal(IllegalArgumentException.class, Set.of("input_ids")).contains("quick_gelu"));
    config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
    assertTrue(
        refusal(IllegalArgumentException.class, Set.of("input_ids"))
            .contains("tensor 'bert.encoder.layer.2.attention.self.key.weight', it is missing"));
    config("\"model_type\": \"bert\"", "\"model_type\": \"mamba\"");
    assertTrue(
        refusal(IllegalArgumentException.class, Set.of("input_ids"))
            .endsWith(
                "model_type: expected one of [bert, clip, gpt2, llama, lxmert, marian, t5,"
                    + " vilbert, vit, whisper], got \"mamba\""));
    config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    try (ModelRunner model =
        ModelRunner.load(folder, Set.of("input_ids"), Execution.on(Providers.fastest()))) {
      assertEquals(16, model.unusedTensors().size());
      assertTrue(model.unusedTensors().getFirst().startsWith("bert.encoder.layer.1."));
    }
    Files.delete(folder.resolve("model.safetensors"));
    Files.write(folder.resolve("pytorch_model.bin"), new byte[1]);
    assertTrue(refusal(NoSuchFileException.class, Set.of("input_ids")).contains("pickle"));
    Files.delete(folder.resolve("config.json"));
    assertTrue(refusal(NoSuchFileException.class, Set.of("input_ids")).contains("config.json"));
  }

  private void config(String from, String to) throws IOException {
    String config = new String(file("bert", "config.json"), StandardCharsets.UTF_8);
    assertTrue(config.contains(from));
    Files.writeString(folder.resolve("config.json"), config.replace(from, to));
  }

  private <E extends Exception> String refusal(Class<E> type, Set<String> inputs) {
    return String.valueOf(
        assertThrows(
                type, () -> ModelRunner.load(folder, inputs, Execution.on(Providers.fastest())))
            .getMessage());
  }
}
