package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/** A Whisper folder with random weights, windows of 0.56 seconds and a vocabulary of 80. */
final class TinyWhisper {
  private static final int SIZE = 16;

  private final Map<String, Tensor> weights = new TreeMap<>();
  private final Random random = new Random(8);

  private TinyWhisper() {}

  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name :
        List.of("tokenizer.json", "generation_config.json", "preprocessor_config.json")) {
      try (InputStream in =
          Objects.requireNonNull(TinyWhisper.class.getResourceAsStream("speech/" + name))) {
        Files.write(folder.resolve(name), in.readAllBytes());
      }
    }
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "whisper", "d_model": 16, "vocab_size": 80, "num_mel_bins": 80,
         "encoder_layers": 1, "encoder_attention_heads": 4, "encoder_ffn_dim": 16,
         "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 16,
         "max_source_positions": 28, "max_target_positions": 24,
         "decoder_start_token_id": 42, "eos_token_id": 41}
        """);
    SafetensorsWriter.write(folder.resolve("model.safetensors"), new TinyWhisper().all(), Map.of());
    return folder;
  }

  private Map<String, Tensor> all() {
    add("model.encoder.conv1.weight", SIZE, 80, 3);
    add("model.encoder.conv1.bias", SIZE);
    add("model.encoder.conv2.weight", SIZE, SIZE, 3);
    add("model.encoder.conv2.bias", SIZE);
    add("model.encoder.embed_positions.weight", 28, SIZE);
    add("model.decoder.embed_positions.weight", 24, SIZE);
    add("model.decoder.embed_tokens.weight", 80, SIZE);
    layer("model.encoder.layers.0", List.of("self_attn"));
    for (int i = 0; i < 2; i++) {
      layer("model.decoder.layers." + i, List.of("self_attn", "encoder_attn"));
    }
    norm("model.encoder.layer_norm");
    norm("model.decoder.layer_norm");
    return weights;
  }

  private void layer(String name, List<String> attentions) {
    for (String attention : attentions) {
      for (String side : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        add(name + "." + attention + "." + side + ".weight", SIZE, SIZE);
        if (!side.equals("k_proj")) {
          add(name + "." + attention + "." + side + ".bias", SIZE);
        }
      }
      norm(name + "." + attention + "_layer_norm");
    }
    for (String part : List.of("fc1", "fc2")) {
      add(name + "." + part + ".weight", SIZE, SIZE);
      add(name + "." + part + ".bias", SIZE);
    }
    norm(name + ".final_layer_norm");
  }

  private void norm(String name) {
    add(name + ".weight", SIZE);
    add(name + ".bias", SIZE);
  }

  private void add(String name, long... shape) {
    Tensor tensor = Tensor.allocate(shape);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) (0.4 * random.nextGaussian()));
    }
    weights.put(name, tensor);
  }
}
