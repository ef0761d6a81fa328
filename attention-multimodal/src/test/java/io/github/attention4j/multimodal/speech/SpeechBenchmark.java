package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.Turns;
import io.github.attention4j.multimodal.audio.LogMel;
import io.github.attention4j.multimodal.audio.MelWindows;
import io.github.attention4j.multimodal.audio.Waveform;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Whisper of real sizes with random weights: loading, the mel front end, the encoder on 30 seconds
 * and 100 decoded tokens, provider cpu and provider onnx in turns in one process. docs/speech.md
 * says how to run it.
 */
public final class SpeechBenchmark {
  private static final int TOKENS = 100;

  private SpeechBenchmark() {}

  /**
   * Measures.
   *
   * @param arguments tiny or base, the number of rounds, the beam
   */
  public static void main(String[] arguments) throws IOException {
    RandomWhisper sizes =
        arguments.length > 0 && arguments[0].equals("base")
            ? RandomWhisper.BASE
            : RandomWhisper.TINY;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 7;
    int beam = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
    Path folder = Files.createTempDirectory("whisper");
    try {
      sizes.write(folder);
      measure(folder, rounds, beam);
    } finally {
      for (String name : List.of("config.json", "model.safetensors")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    }
  }

  private static void measure(Path folder, int rounds, int beam) throws IOException {
    Tensor features = mel();
    AttentionProviders providers = AttentionProviders.load(new Settings(0, "auto", Map.of()));
    long bytes = Files.size(folder.resolve("model.safetensors"));
    print(String.format(Locale.ROOT, "%s: %.0f MB of weights", sizesOf(folder), bytes / 1e6));
    SpeechModel cpu = load(folder, providers, "cpu");
    SpeechModel onnx = load(folder, providers, "onnx");
    List<double[]> own = new ArrayList<>();
    List<double[]> other = new ArrayList<>();
    for (int round = -2; round < rounds; round++) {
      Turns.pause();
      double[] first = run(cpu, features, beam);
      Turns.pause();
      double[] second = run(onnx, features, beam);
      if (round >= 0) {
        own.add(first);
        other.add(second);
      }
    }
    String[] parts = {"encoder, 30 s", "prompt, 4 tokens", TOKENS + " tokens, beam " + beam, "all"};
    for (int part = 0; part < parts.length; part++) {
      double ours = median(own, part);
      double theirs = median(other, part);
      print(
          String.format(
              Locale.ROOT,
              "%-22s cpu %8.1f ms   onnx %8.1f ms   ratio %.2f",
              parts[part],
              1e3 * ours,
              1e3 * theirs,
              theirs / ours));
    }
    cpu.close();
    onnx.close();
  }

  private static SpeechModel load(Path folder, AttentionProviders providers, String name)
      throws IOException {
    long start = System.nanoTime();
    SpeechModel model =
        SpeechModel.load(Checkpoint.open(folder), Execution.on(providers.named(name)));
    print(String.format(Locale.ROOT, "load %-5s %6.2f s (%s)", name, since(start), model.device()));
    return model;
  }

  private static String sizesOf(Path folder) throws IOException {
    return "d_model " + Checkpoint.open(folder).config().integer("d_model");
  }

  private static Tensor mel() throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    float[] samples = new float[480_000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.1 * random.nextGaussian());
    }
    Waveform sound = new Waveform(samples, 16000);
    double best = Double.POSITIVE_INFINITY;
    Tensor features = Tensor.allocate(0);
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      try (MelWindows windows =
          MelWindows.of(LogMel.whisper(80), rate -> sound.source(), done -> {})) {
        features = windows.at(0);
      }
      best = Math.min(best, since(start));
    }
    print(
        String.format(
            Locale.ROOT,
            "mel, both passes over 30 s  %.1f ms, %.0f times real time",
            1e3 * best,
            30 / best));
    Waveform other = new Waveform(samples, 44100);
    long start = System.nanoTime();
    other.resampled(16000);
    print(
        String.format(
            Locale.ROOT,
            "resampling 44.1 kHz, %.0f times real time",
            other.seconds() / since(start)));
    return features;
  }

  private static double[] run(SpeechModel model, Tensor features, int beam) {
    long start = System.nanoTime();
    Inputs cross = model.encode(features);
    double encoded = since(start);
    try (SequenceModel sequences = model.sequences(cross)) {
      long prompted = System.nanoTime();
      float[][] logits = sequences.begin(List.of(50258, 50259, 50359, 50363));
      double prompt = since(prompted);
      long decoded = System.nanoTime();
      sequences.reorder(new int[beam]);
      int next = best(logits[logits.length - 1]);
      for (int i = 0; i < TOKENS; i++) {
        int[] tokens = new int[beam];
        Arrays.fill(tokens, next);
        next = best(sequences.step(tokens)[0]);
        if (beam > 1) {
          int[] order = new int[beam];
          Arrays.setAll(order, b -> (b + 1) % beam);
          sequences.reorder(order);
        }
      }
      double steps = since(decoded);
      return new double[] {encoded, prompt, steps, encoded + prompt + steps};
    }
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(List<double[]> times, int part) {
    double[] sorted = times.stream().mapToDouble(time -> time[part]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static void print(String line) {
    System.out.println(line);
  }
}
