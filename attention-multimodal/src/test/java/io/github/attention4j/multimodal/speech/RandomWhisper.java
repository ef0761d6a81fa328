package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A Whisper folder of real sizes with random weights, for measurements.
 *
 * @param size channels
 * @param layers of each stack
 * @param heads of each attention
 */
record RandomWhisper(int size, int layers, int heads) {
  private static final int MELS = 80;
  private static final int VOCABULARY = 51865;
  private static final int POSITIONS = 1500;
  private static final int CONTEXT = 448;

  /** The sizes of whisper-tiny. */
  static final RandomWhisper TINY = new RandomWhisper(384, 4, 6);

  /** The sizes of whisper-base. */
  static final RandomWhisper BASE = new RandomWhisper(512, 6, 8);

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "whisper", "d_model": %1$d, "vocab_size": %2$d, "num_mel_bins": %3$d,
         "encoder_layers": %4$d, "encoder_attention_heads": %5$d, "encoder_ffn_dim": %6$d,
         "decoder_layers": %4$d, "decoder_attention_heads": %5$d, "decoder_ffn_dim": %6$d,
         "max_source_positions": %7$d, "max_target_positions": %8$d,
         "decoder_start_token_id": 50258, "eos_token_id": 50257}
        """
            .formatted(size, VOCABULARY, MELS, layers, heads, 4 * size, POSITIONS, CONTEXT));
    Map<String, Tensor> weights = new TreeMap<>();
    SplittableRandom random = new SplittableRandom(1);
    add(weights, random, "model.encoder.conv1.weight", size, MELS, 3);
    add(weights, random, "model.encoder.conv1.bias", size);
    add(weights, random, "model.encoder.conv2.weight", size, size, 3);
    add(weights, random, "model.encoder.conv2.bias", size);
    add(weights, random, "model.encoder.embed_positions.weight", POSITIONS, size);
    add(weights, random, "model.decoder.embed_positions.weight", CONTEXT, size);
    add(weights, random, "model.decoder.embed_tokens.weight", VOCABULARY, size);
    for (int layer = 0; layer < layers; layer++) {
      layer(weights, random, "model.encoder.layers." + layer, List.of("self_attn"));
      layer(weights, random, "model.decoder.layers." + layer, List.of("self_attn", "encoder_attn"));
    }
    norm(weights, random, "model.encoder.layer_norm");
    norm(weights, random, "model.decoder.layer_norm");
    SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
  }

  private void layer(
      Map<String, Tensor> weights, SplittableRandom random, String name, List<String> attentions) {
    for (String attention : attentions) {
      for (String side : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        add(weights, random, name + "." + attention + "." + side + ".weight", size, size);
        if (!side.equals("k_proj")) {
          add(weights, random, name + "." + attention + "." + side + ".bias", size);
        }
      }
      norm(weights, random, name + "." + attention + "_layer_norm");
    }
    add(weights, random, name + ".fc1.weight", 4L * size, size);
    add(weights, random, name + ".fc1.bias", 4L * size);
    add(weights, random, name + ".fc2.weight", size, 4L * size);
    add(weights, random, name + ".fc2.bias", size);
    norm(weights, random, name + ".final_layer_norm");
  }

  private void norm(Map<String, Tensor> weights, SplittableRandom random, String name) {
    add(weights, random, name + ".weight", size);
    add(weights, random, name + ".bias", size);
  }

  private void add(
      Map<String, Tensor> weights, SplittableRandom random, String name, long... shape) {
    Tensor tensor = Tensor.allocate(shape);
    double spread = 1 / Math.sqrt(size);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) (spread * random.nextGaussian()));
    }
    weights.put(name, tensor);
  }
}
