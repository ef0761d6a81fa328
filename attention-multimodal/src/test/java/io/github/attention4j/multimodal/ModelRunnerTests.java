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
          if (name.startsWith(EXPECTED)) {
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

  /** RoBERTa is BERT whose positions begin behind that of padding, under other names. */
  @Test
  void robertaIsBertWithItsPositionsMoved() throws IOException {
    Safetensors io = Providers.resource("fixtures/bert/io.safetensors");
    Safetensors weights = Safetensors.of("bert", file("bert", "model.safetensors"));
    Map<String, NdArray> renamed = new LinkedHashMap<>();
    for (String name : weights.names()) {
      NdArray array = weights.get(name);
      if (name.endsWith("position_embeddings.weight")) {
        Tensor table = Tensor.allocate(50, 32);
        Tensor.wrap(table.segment().asSlice(2 * 32 * 4L), array.shape())
            .segment()
            .copyFrom(array.segment());
        array = table;
      }
      if (name.startsWith("bert.") && !name.contains("pooler")) {
        renamed.put("roberta." + name.substring("bert.".length()), array);
      }
    }
    SafetensorsWriter.write(folder.resolve("model.safetensors"), renamed, Map.of());
    config("\"model_type\": \"bert\"", "\"model_type\": \"roberta\"");
    Files.writeString(
        folder.resolve("config.json"),
        Files.readString(folder.resolve("config.json"))
            .replace("\"max_position_embeddings\": 48", "\"max_position_embeddings\": 50")
            .replace("\"pad_token_id\": 0", "\"pad_token_id\": 1"));
    Inputs inputs = inputs(io);
    try (ModelRunner model =
        ModelRunner.load(folder, inputs.names(), Execution.on(Providers.fastest()))) {
      Result result = model.run(inputs);
      Providers.compare(io, "hidden_states.2", result.get("hidden_states.2"));
      Providers.compare(io, "attentions.1", result.get("attentions.1"));
    }
  }

  @Test
  void halfPrecisionIsReadAsItIs() throws IOException {
    Safetensors weights = Safetensors.of("bert", file("bert", "model.safetensors"));
    Files.write(folder.resolve("config.json"), file("bert", "config.json"));
    Inputs ids = Inputs.none().with("input_ids", LongTensor.of(new long[] {5, 9, 7}, 1, 3));
    for (boolean brain : new boolean[] {false, true}) {
      Map<String, NdArray> rounded = new LinkedHashMap<>();
      for (String name : weights.names()) {
        Tensor tensor = Tensor.allocate(weights.entry(name).shape());
        for (long i = 0; i < tensor.shape().elements(); i++) {
          float value = weights.tensor(name).at(i);
          tensor.set(
              i,
              brain
                  ? Float.intBitsToFloat(Float.floatToIntBits(value) & 0xFFFF0000)
                  : Float.float16ToFloat(Float.floatToFloat16(value)));
        }
        rounded.put(name, tensor);
      }
      SafetensorsWriter.write(folder.resolve("model.safetensors"), rounded, Map.of());
      float[] expected = hidden(ids);
      Files.write(folder.resolve("model.safetensors"), halved(rounded, brain));
      assertArrayEquals(expected, hidden(ids), 0);
    }
  }

  private float[] hidden(Inputs ids) throws IOException {
    try (ModelRunner model =
        ModelRunner.load(folder, ids.names(), Execution.on(Providers.fastest()))) {
      return model.run(ids).tensor("last_hidden_state").toArray();
    }
  }

  /** A safetensors file of F16 or BF16, byte by byte. */
  private static byte[] halved(Map<String, NdArray> tensors, boolean brain) {
    StringBuilder header = new StringBuilder("{");
    java.io.ByteArrayOutputStream data = new java.io.ByteArrayOutputStream();
    tensors.forEach((name, array) -> {
      int begin = data.size();
      for (float value : ((Tensor) array).toArray()) {
        int bits =
            brain ? Float.floatToIntBits(value) >>> 16 : Float.floatToFloat16(value) & 0xFFFF;
        data.write(bits);
        data.write(bits >> 8);
      }
      header.append(header.length() > 1 ? "," : "");
      header.append(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  name,
                  brain ? "BF16" : "F16",
                  java.util.Arrays.toString(array.shape().toArray()).replace(" ", ""),
                  begin,
                  data.size()));
    });
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    return java.nio.ByteBuffer.allocate(8 + json.length + data.size())
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data.toByteArray())
        .array();
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
                "model_type: expected one of [bert, clip, gpt2, llama, longformer, lxmert, marian,"
                    + " roberta, t5, vilbert, vit, whisper, xlm-roberta], got \"mamba\""));
    config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    try (ModelRunner model =
        ModelRunner.load(folder, Set.of("input_ids"), Execution.on(Providers.fastest()))) {
      assertEquals(16, model.unusedTensors().size());
      assertTrue(model.unusedTensors().getFirst().startsWith("bert.encoder.layer.1."));
    }
    Files.delete(folder.resolve("model.safetensors"));
    Files.write(folder.resolve("pytorch_model.bin"), new byte[1]);
    String pickle = refusal(NoSuchFileException.class, Set.of("input_ids"));
    assertTrue(pickle.contains("a pickle, which is never read"), pickle);
    assertTrue(pickle.contains("safe_serialization=True"), pickle);
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
