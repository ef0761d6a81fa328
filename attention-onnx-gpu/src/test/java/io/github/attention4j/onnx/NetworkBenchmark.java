package io.github.attention4j.onnx;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/// Which form of attention pays in a network: transformers of random weights with attention spelled
/// out (opset 21), as the standard's operator (24) and in the fused dialect, taking turns with a
/// pause of 60 ms before each.
///
/// Arguments: threads, rounds, layers. `docs/decisions/032-networks.md` has the command and its
/// output.
public final class NetworkBenchmark {
  private static final int CHANNELS = 768;
  private static final int HEADS = 12;
  private static final int WORDS = 1000;
  private static final int STEPS = 16;
  private static final String[][] FORMS = {
    {"21", "portable"}, {"24", "portable"}, {"21", "fused"}, {"24", "fused"}
  };

  private final Random random = new Random(1);
  private final int layers;

  private NetworkBenchmark(int layers) {
    this.layers = layers;
  }

  /// Prints a table of medians in ms.
  public static void main(String[] arguments) throws InterruptedException {
    int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 7;
    int layers = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 4;
    System.out.println("ms | 21 | 24 | 21 fused | 24 fused");
    for (Kind kind : Kind.values()) {
      List<Program> programs = new ArrayList<>();
      Network network = new NetworkBenchmark(layers).network(kind);
      for (String[] form : FORMS) {
        programs.add(
            new OnnxProvider()
                .configure(
                    Settings.defaults()
                        .threads(threads)
                        .device("cpu")
                        .option("onnx.opset", form[0])
                        .option("onnx.dialect", form[1]))
                .compile(network, Set.of()));
      }
      for (int length : new int[] {128, 512}) {
        print(kind + " " + length, programs, rounds, program -> program.run(ids(length)));
      }
      if (kind == Kind.DECODER) {
        decode(programs, rounds);
      }
      programs.forEach(Program::close);
    }
  }

  private static void decode(List<Program> programs, int rounds) throws InterruptedException {
    for (int past : new int[] {128, 1024}) {
      List<Program.Session> sessions = new ArrayList<>();
      for (Program program : programs) {
        Program.Session session = program.begin();
        session.step(ids(past));
        sessions.add(session);
      }
      print(
          "a step after " + past,
          sessions,
          rounds,
          session -> {
            for (int i = 0; i < STEPS; i++) {
              session.step(ids(1));
            }
          });
      sessions.forEach(Program.Session::close);
    }
  }

  private interface Work<T> {
    void on(T contestant);
  }

  private static <T> void print(String what, List<T> contestants, int rounds, Work<T> work)
      throws InterruptedException {
    double[][] times = new double[contestants.size()][rounds];
    for (int round = -1; round < rounds; round++) {
      for (int place = 0; place < contestants.size(); place++) {
        int who = (Math.max(round, 0) + place) % contestants.size();
        Thread.sleep(60);
        long start = System.nanoTime();
        work.on(contestants.get(who));
        if (round >= 0) {
          times[who][round] = (System.nanoTime() - start) / 1e6;
        }
      }
    }
    StringBuilder line = new StringBuilder(what);
    for (double[] each : times) {
      Arrays.sort(each);
      line.append(
          String.format(
              Locale.ROOT, " | %.2f", each[rounds / 2] / (what.startsWith("a step") ? STEPS : 1)));
    }
    System.out.println(line);
  }

  private enum Kind {
    FULL,
    MASKED,
    DECODER
  }

  private static Inputs ids(int length) {
    LongTensor ids = LongTensor.allocate(1, length);
    for (int i = 0; i < length; i++) {
      ids.set(i, 1 + i * 7 % (WORDS - 1));
    }
    return Inputs.none().with("ids", ids);
  }

  private Network network(Kind kind) {
    Network.Builder builder = Network.builder("random");
    builder.input("ids", ElementType.INT64, "batch", "length");
    String x = builder.layer("embedded", new Layer.Embedding(normal(1, WORDS, CHANNELS), 1), "ids");
    if (kind == Kind.MASKED) {
      builder.layer("mask", new Layer.KeyMask(0), "ids");
    }
    for (int i = 0; i < layers; i++) {
      String name = "layer" + i + ".";
      String query = linear(builder, name + "query", x, CHANNELS, CHANNELS);
      String key = linear(builder, name + "key", x, CHANNELS, CHANNELS);
      String value = linear(builder, name + "value", x, CHANNELS, CHANNELS);
      Pairwise pairs = Pairwise.of(Score.scaledDot());
      MapLabel label = new MapLabel(MapLabel.Kind.ENCODER, i);
      String seen =
          switch (kind) {
            case FULL ->
                builder.layer(
                    name + "attend",
                    new Layer.Attend(HEADS, HEADS, pairs, List.of(), label),
                    query,
                    key,
                    value);
            case MASKED ->
                builder.layer(
                    name + "attend",
                    new Layer.Attend(
                        HEADS, HEADS, pairs.within(Scope.mask()), List.of(Inputs.MASK), label),
                    query,
                    key,
                    value,
                    "mask");
            case DECODER ->
                builder.layer(
                    name + "attend",
                    new Layer.Attend(
                        HEADS,
                        HEADS,
                        pairs.within(Scope.causal()).placed(Placement.end()),
                        List.of(),
                        label),
                    query,
                    builder.layer(name + "keys", new Layer.Append(CHANNELS), key),
                    builder.layer(name + "values", new Layer.Append(CHANNELS), value));
          };
      String out = linear(builder, name + "out", seen, CHANNELS, CHANNELS);
      String sum =
          norm(builder, name + "first", builder.layer(name + "a", new Layer.Add(), x, out));
      String wide = linear(builder, name + "wide", sum, CHANNELS, 4 * CHANNELS);
      String active = builder.layer(name + "active", new Layer.Activate(Activation.GELU), wide);
      String narrow = linear(builder, name + "narrow", active, 4 * CHANNELS, CHANNELS);
      x = norm(builder, name + "second", builder.layer(name + "b", new Layer.Add(), sum, narrow));
    }
    return builder.output("y", x).build();
  }

  private String linear(Network.Builder builder, String name, String from, int in, int out) {
    return builder.layer(
        name,
        new Layer.Linear(normal(1 / Math.sqrt(in), out, in), Optional.of(normal(0.1, out))),
        from);
  }

  private String norm(Network.Builder builder, String name, String from) {
    return builder.layer(
        name, new Layer.LayerNorm(normal(1, CHANNELS), normal(0.1, CHANNELS), 1e-5), from);
  }

  private Tensor normal(double scale, long... sizes) {
    Tensor tensor = Tensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) (scale * random.nextGaussian()));
    }
    return tensor;
  }
}
