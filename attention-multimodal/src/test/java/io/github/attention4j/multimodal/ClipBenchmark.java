package io.github.attention4j.multimodal;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * CLIP ViT-B/32 with random weights of the real sizes: loading, and both towers on {@code cpu}
 * against ONNX Runtime running the exported graph, taking turns in one JVM with the same threads
 * and a {@linkplain Turns pause} before each.
 *
 * <p>A turn is several runs; the first comes out of idleness and is shown apart from those that
 * follow.
 *
 * <p>Arguments: a folder for the checkpoint of 605 MB (made if it is not there), threads, rounds.
 * docs/multimodal.md has the command and its output.
 */
public final class ClipBenchmark {
  private static final int RUNS = 5;

  private static final String CONFIG =
      """
      {"model_type": "clip", "projection_dim": 512,
       "text_config": {"hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8,
         "num_hidden_layers": 12, "max_position_embeddings": 77, "vocab_size": 49408, "eos_token_id": 2},
       "vision_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
         "num_hidden_layers": 12, "image_size": 224, "patch_size": 32}}
      """;

  private final Random random = new Random(1);
  private final Map<String, NdArray> tensors = new LinkedHashMap<>();

  private ClipBenchmark() {}

  /** Prints a table. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 1) {
      throw new IllegalArgumentException("arguments: expected FOLDER [THREADS [ROUNDS]]");
    }
    Path folder = Path.of(arguments[0]);
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 15;
    if (!Files.exists(folder.resolve("config.json"))) {
      new ClipBenchmark().write(folder);
    }
    AttentionProviders found = AttentionProviders.load(new Settings(threads, "cpu", Map.of()));
    long before = System.nanoTime();
    ModelRunner.network(Checkpoint.open(folder), Set.of("pixel_values"));
    System.out.printf(
        Locale.ROOT, "network of %s: %.2f s%n", folder, (System.nanoTime() - before) / 1e9);
    Map<String, Inputs> towers = new LinkedHashMap<>();
    Tensor pixels = Tensor.allocate(1, 3, 224, 224);
    Random noise = new Random(2);
    for (long i = 0; i < pixels.shape().elements(); i++) {
      pixels.set(i, (float) noise.nextGaussian());
    }
    towers.put("image, 1", Inputs.none().with("pixel_values", pixels));
    towers.put("text, 1 x 77", captions(1, 77));
    towers.put("text, 8 x 16", captions(8, 16));
    for (Map.Entry<String, Inputs> tower : towers.entrySet()) {
      compare(tower.getKey(), tower.getValue(), folder, found, rounds);
    }
  }

  private static Inputs captions(int count, int length) {
    LongTensor ids = LongTensor.allocate(count, length);
    LongTensor mask = LongTensor.allocate(count, length);
    for (int i = 0; i < count * length; i++) {
      ids.set(i, i % length == length - 1 ? 49407 : 400 + i);
      mask.set(i, 1);
    }
    return Inputs.none().with("input_ids", ids).with("attention_mask", mask);
  }

  private static void compare(
      String name, Inputs inputs, Path folder, AttentionProviders found, int rounds)
      throws IOException {
    var network = ModelRunner.network(Checkpoint.open(folder), inputs.names());
    long start = System.nanoTime();
    try (Program cpu = found.named("cpu").compile(network, Set.of())) {
      double compiled = (System.nanoTime() - start) / 1e9;
      try (Program onnx = found.named("onnx").compile(network, Set.of())) {
        Runs ours = new Runs();
        Runs theirs = new Runs();
        for (int round = -rounds / 2; round < rounds; round++) {
          boolean oursFirst = Math.floorMod(round, 2) == 0;
          turn(oursFirst ? cpu : onnx, inputs, round < 0 ? new Runs() : oursFirst ? ours : theirs);
          turn(oursFirst ? onnx : cpu, inputs, round < 0 ? new Runs() : oursFirst ? theirs : ours);
        }
        System.out.printf(Locale.ROOT, "%-14s compile %.2f s%n", name, compiled);
        line("in a row", ours.following, theirs.following);
        line("out of idleness", ours.first, theirs.first);
      }
    }
  }

  private record Runs(List<Double> first, List<Double> following) {
    Runs() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  private static void turn(Program program, Inputs inputs, Runs runs) {
    Turns.pause();
    for (int run = 0; run < RUNS; run++) {
      long start = System.nanoTime();
      program.run(inputs);
      (run == 0 ? runs.first : runs.following).add((System.nanoTime() - start) / 1e9);
    }
  }

  private static void line(String name, List<Double> ours, List<Double> theirs) {
    System.out.printf(
        Locale.ROOT,
        "  %-16s cpu %7.2f ms (best %.2f)   onnx %7.2f ms (best %.2f)   ratio %.2f%n",
        name,
        1e3 * median(ours),
        1e3 * Collections.min(ours),
        1e3 * median(theirs),
        1e3 * Collections.min(theirs),
        median(theirs) / median(ours));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    tensors.put("logit_scale", Tensor.of(new float[] {4.6f}));
    add("text_model.embeddings.token_embedding.weight", 49408, 512);
    add("text_model.embeddings.position_embedding.weight", 77, 512);
    tower("text_model", 512, 2048);
    norm("text_model.final_layer_norm", 512);
    add("text_projection.weight", 512, 512);
    add("vision_model.embeddings.class_embedding", 768);
    add("vision_model.embeddings.patch_embedding.weight", 768, 3, 32, 32);
    add("vision_model.embeddings.position_embedding.weight", 50, 768);
    norm("vision_model.pre_layrnorm", 768);
    tower("vision_model", 768, 3072);
    norm("vision_model.post_layernorm", 768);
    add("visual_projection.weight", 512, 768);
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
    Files.writeString(folder.resolve("config.json"), CONFIG);
  }

  private void tower(String name, int size, int inner) {
    for (int layer = 0; layer < 12; layer++) {
      String at = name + ".encoder.layers." + layer + ".";
      for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        linear(at + "self_attn." + projection, size, size);
      }
      norm(at + "layer_norm1", size);
      norm(at + "layer_norm2", size);
      linear(at + "mlp.fc1", inner, size);
      linear(at + "mlp.fc2", size, inner);
    }
  }

  private void linear(String name, long out, long in) {
    add(name + ".weight", out, in);
    add(name + ".bias", out);
  }

  private void norm(String name, long size) {
    Tensor ones = Tensor.allocate(size);
    for (long i = 0; i < size; i++) {
      ones.set(i, 1);
    }
    tensors.put(name + ".weight", ones);
    tensors.put(name + ".bias", Tensor.allocate(size));
  }

  private void add(String name, long... sizes) {
    Tensor tensor = Tensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, 0.04f * (random.nextFloat() - 0.5f));
    }
    tensors.put(name, tensor);
  }
}
