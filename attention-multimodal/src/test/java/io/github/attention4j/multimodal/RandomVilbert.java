package io.github.attention4j.multimodal;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import io.github.attention4j.multimodal.feature.Regions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A ViLBERT of random parameters, small and of sizes that all differ, as a folder. */
final class RandomVilbert {
  private static final Map<String, Integer> NUMBERS =
      Map.ofEntries(
          Map.entry("vocab_size", 11),
          Map.entry("hidden_size", 8),
          Map.entry("num_hidden_layers", 4),
          Map.entry("num_attention_heads", 2),
          Map.entry("intermediate_size", 10),
          Map.entry("max_position_embeddings", 9),
          Map.entry("type_vocab_size", 2),
          Map.entry("v_feature_size", 7),
          Map.entry("v_hidden_size", 6),
          Map.entry("v_num_hidden_layers", 3),
          Map.entry("v_num_attention_heads", 3),
          Map.entry("v_intermediate_size", 5),
          Map.entry("v_target_size", 4),
          Map.entry("bi_hidden_size", 12),
          Map.entry("bi_num_attention_heads", 4));
  private static final List<Integer> TEXT_AT = List.of(1, 3);
  private static final List<Integer> VISION_AT = List.of(0, 2);
  private static final int[][] IDS = {{1, 5, 9, 2, 3}, {1, 7, 2, 0, 0}};
  private static final int[][] TYPES = {{0, 0, 1, 1, 1}, {0, 1, 1, 0, 0}};
  private static final int[] WORDS = {5, 3};
  private static final int[] REGIONS = {4, 2};
  private static final List<List<Double>> BOXES =
      List.of(
          List.of(0.0, 0.0, 1.0, 1.0),
          List.of(0.1, 0.2, 0.5, 0.6),
          List.of(0.25, 0.0, 0.75, 0.5),
          List.of(0.5, 0.5, 1.0, 1.0));

  private final Path folder;
  private final Random random = new Random(11);
  private final Map<String, NdArray> tensors = new LinkedHashMap<>();
  private final Map<String, double[]> parameters = new LinkedHashMap<>();
  private final double[][][] features = new double[2][4][7];
  private final Inputs inputs;

  /** Writes the folder. */
  RandomVilbert(Path folder) throws IOException {
    this.folder = folder;
    config("");
    embeddings();
    for (int layer = 0; layer < 4; layer++) {
      layer("bert.encoder.layer." + layer, 8, 10);
    }
    for (int layer = 0; layer < 3; layer++) {
      layer("bert.encoder.v_layer." + layer, 6, 5);
    }
    for (int layer = 0; layer < 2; layer++) {
      connection("bert.encoder.c_layer." + layer + ".");
    }
    heads();
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
    inputs = arrays();
  }

  /** Two samples; the second has fewer words and regions. */
  Inputs inputs() {
    return inputs;
  }

  /**
   * Writes the configuration again.
   *
   * @param more what stands in it besides
   */
  void config(String more) throws IOException {
    StringBuilder config = new StringBuilder("{");
    NUMBERS.forEach((name, value) -> config.append("\"%s\": %d, ".formatted(name, value)));
    config.append("\"v_biattention_id\": ").append(VISION_AT);
    config.append(", \"t_biattention_id\": ").append(TEXT_AT);
    Files.writeString(
        folder.resolve("config.json"), config.append(", \"hidden_act\": \"gelu\"" + more + "}"));
  }

  private double[] add(String name, long... sizes) {
    Tensor tensor = Tensor.allocate(sizes);
    double[] values = new double[Math.toIntExact(tensor.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      tensor.set(i, (float) (0.6 * random.nextGaussian()));
      values[i] = tensor.at(i);
    }
    tensors.put(name, tensor);
    parameters.put(name, values);
    return values;
  }

  private void linear(String name, int out, int in) {
    add(name + ".weight", out, in);
    add(name + ".bias", out);
  }

  private void norm(String name, int size) {
    add(name + ".weight", size);
    add(name + ".bias", size);
  }

  private void embeddings() {
    add("bert.embeddings.word_embeddings.weight", 11, 8);
    add("bert.embeddings.position_embeddings.weight", 9, 8);
    add("bert.embeddings.token_type_embeddings.weight", 2, 8);
    norm("bert.embeddings.LayerNorm", 8);
    linear("bert.v_embeddings.image_embeddings", 6, 7);
    linear("bert.v_embeddings.image_location_embeddings", 6, 5);
    norm("bert.v_embeddings.LayerNorm", 6);
  }

  private void feedForward(String inside, String output, int size, int inner) {
    linear(inside + ".dense", inner, size);
    linear(output + ".dense", size, inner);
    norm(output + ".LayerNorm", size);
  }

  private void layer(String name, int size, int inner) {
    for (String projection : List.of("self.query", "self.key", "self.value", "output.dense")) {
      linear(name + ".attention." + projection, size, size);
    }
    norm(name + ".attention.output.LayerNorm", size);
    feedForward(name + ".intermediate", name + ".output", size, inner);
  }

  private void connection(String name) {
    for (int stream = 1; stream <= 2; stream++) {
      int size = stream == 1 ? 6 : 8;
      for (String projection : List.of("query", "key", "value")) {
        linear(name + "biattention." + projection + stream, 12, size);
      }
      linear(name + "biOutput.dense" + stream, size, 12);
      linear(name + "biOutput.q_dense" + stream, size, 12);
      norm(name + "biOutput.LayerNorm" + stream, size);
    }
    feedForward(name + "v_intermediate", name + "v_output", 6, 5);
    feedForward(name + "t_intermediate", name + "t_output", 8, 10);
  }

  private void heads() {
    linear("bert.t_pooler.dense", 12, 8);
    linear("bert.v_pooler.dense", 12, 6);
    linear("cls.predictions.transform.dense", 8, 8);
    norm("cls.predictions.transform.LayerNorm", 8);
    add("cls.predictions.bias", 11);
    linear("cls.imagePredictions.transform.dense", 6, 6);
    norm("cls.imagePredictions.transform.LayerNorm", 6);
    linear("cls.imagePredictions.decoder", 4, 6);
    linear("cls.bi_seq_relationship", 2, 12);
    linear("vil_logit", 1, 12);
    linear("vil_prediction.logit_fc.0", 24, 12);
    norm("vil_prediction.logit_fc.2", 24);
    linear("vil_prediction.logit_fc.3", 3, 24);
    weightNormed("vil_prediction_gqa.main.0", 24, 12);
    weightNormed("vil_prediction_gqa.main.3", 5, 24);
  }

  private void weightNormed(String name, int out, int in) {
    double[] direction = add(name + ".weight_v", out, in);
    double length = 0;
    for (double value : direction) {
      length += value * value;
    }
    tensors.put(name + ".weight_g", Tensor.of(new float[] {1.5f}));
    double[] weight = direction.clone();
    for (int i = 0; i < weight.length; i++) {
      weight[i] *= 1.5 / Math.sqrt(length);
    }
    parameters.put(name + ".weight", weight);
    add(name + ".bias", out);
  }

  private static LongTensor longs(int[][] rows) {
    LongTensor tensor = LongTensor.allocate(rows.length, rows[0].length);
    for (int i = 0; i < rows.length * rows[0].length; i++) {
      tensor.set(i, rows[i / rows[0].length][i % rows[0].length]);
    }
    return tensor;
  }

  private Inputs arrays() {
    Tensor seen = Tensor.allocate(2, 4, 7);
    Tensor boxes = Tensor.allocate(2, 4, 5);
    Tensor geometry = new Regions(BOXES).geometry();
    for (int i = 0; i < 2 * 4 * 7; i++) {
      seen.set(i, (float) random.nextGaussian());
      features[i / 28][i / 7 % 4][i % 7] = seen.at(i);
    }
    for (int i = 0; i < 2 * 4 * 5; i++) {
      boxes.set(i, geometry.at(i % 20));
    }
    int[][] words = new int[2][5];
    int[][] regions = new int[2][4];
    for (int sample = 0; sample < 2; sample++) {
      Arrays.fill(words[sample], 0, WORDS[sample], 1);
      Arrays.fill(regions[sample], 0, REGIONS[sample], 1);
    }
    return Inputs.none()
        .with("input_ids", longs(IDS))
        .with("token_type_ids", longs(TYPES))
        .with("attention_mask", longs(words))
        .with("image_feat", seen)
        .with("image_loc", boxes)
        .with("image_attention_mask", longs(regions));
  }

  /** What the independent computation makes of a sample. */
  VilbertReference reference(int sample) {
    VilbertReference reference = new VilbertReference(parameters, NUMBERS);
    double[][] boxes = new double[4][5];
    Tensor geometry = new Regions(BOXES).geometry();
    for (int i = 0; i < 20; i++) {
      boxes[i / 5][i % 5] = geometry.at(i);
    }
    reference.run(
        IDS[sample],
        TYPES[sample],
        WORDS[sample],
        features[sample],
        boxes,
        REGIONS[sample],
        TEXT_AT,
        VISION_AT);
    return reference;
  }
}
