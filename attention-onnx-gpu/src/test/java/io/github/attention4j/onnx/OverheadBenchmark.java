package io.github.attention4j.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.SessionModel;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Variant;
import io.github.attention4j.onnx.mechanism.MechanismGraph;
import io.github.attention4j.onnx.runtime.Engine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What the provider costs over ONNX Runtime's Java binding driven by hand with the same model. All
/// take turns in one JVM with the same threads, with a pause before each turn so that threads which
/// spin after a run do not take from the next.
///
/// Arguments: threads, rounds, lengths. `docs/decisions/031-provider-overhead.md` has the command
/// and its output.
public final class OverheadBenchmark {
  private static final long PAUSE_MILLIS = 60;
  private static final long TURN_NANOS = 30_000_000;
  private static final long WARM_UP_NANOS = 2_000_000_000;
  private static final int HEADS = 8;
  private static final int SIZE = 64;

  private final int threads;
  private final int rounds;

  private OverheadBenchmark(int threads, int rounds) {
    this.threads = threads;
    this.rounds = rounds;
  }

  /// Prints a table.
  public static void main(String[] arguments) throws Exception {
    int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 21;
    OverheadBenchmark benchmark = new OverheadBenchmark(threads, rounds);
    System.out.println("µs a run: median of " + rounds + " turns, and as ratio of 'kept'");
    List<String> lengths =
        arguments.length > 2
            ? Arrays.asList(arguments).subList(2, arguments.length)
            : List.of("1", "16", "128", "1024");
    for (Scope scope : List.of(Scope.full(), Scope.causal())) {
      Request request = Request.of(Pairwise.of(Score.scaledDot()).within(scope));
      benchmark.prepare(request);
      for (String length : lengths) {
        benchmark.run(request, Integer.parseInt(length));
      }
    }
  }

  private interface Turn {
    void once() throws OrtException;
  }

  private void run(Request request, int length) throws Exception {
    Inputs inputs =
        Inputs.of(
            Numbers.normal(1, 1, HEADS, length, SIZE),
            Numbers.normal(2, 1, HEADS, length, SIZE),
            Numbers.normal(3, 1, HEADS, length, SIZE));
    try (Attention attention = provider().prepare(request);
        OrtSession session = open(model(request))) {
      Result into = attention.run(inputs);
      Map<String, OnnxTensor> from = new HashMap<>();
      for (String name : session.getInputNames()) {
        from.put(name, share(inputs.get(name)));
      }
      // The same memory for both: where arrays stand to each other moves times by a few percent.
      Tensor output = into.output();
      Map<String, OnnxValue> to = Map.of("output", share(output));
      float[] read = new float[HEADS * length * SIZE];
      Map<String, Turn> contestants = new LinkedHashMap<>();
      // Tensors made once, results where they are wanted: the least the binding can cost.
      contestants.put("kept", () -> session.run(from, Set.of(), to).close());
      // Results in memory of ONNX Runtime, which nobody reads.
      contestants.put("unread", () -> session.run(from).close());
      // As the binding's examples are written.
      contestants.put(
          "by hand",
          () -> {
            Map<String, OnnxTensor> fresh = new HashMap<>();
            for (String name : session.getInputNames()) {
              fresh.put(name, share(inputs.get(name)));
            }
            try (OrtSession.Result result = session.run(fresh)) {
              ((OnnxTensor) result.get(0)).getFloatBuffer().get(read);
            }
            fresh.values().forEach(OnnxTensor::close);
          });
      contestants.put("provider, into", () -> attention.run(inputs, into));
      contestants.put("provider", () -> attention.run(inputs));
      double[] medians = compare(contestants);
      StringBuilder line =
          new StringBuilder(
              ((Pairwise) request.mechanism()).scope().getClass().getSimpleName() + " " + length);
      int i = 0;
      for (String name : contestants.keySet()) {
        line.append(
            String.format(
                Locale.ROOT, "; %s %.1f (%.3f)", name, medians[i] / 1000, medians[i] / medians[0]));
        i++;
      }
      System.out.println(line);
    }
  }

  private double[] compare(Map<String, Turn> contestants) throws Exception {
    List<Turn> turns = List.copyOf(contestants.values());
    for (Turn turn : turns) {
      long until = System.nanoTime() + WARM_UP_NANOS;
      while (System.nanoTime() < until) {
        turn.once();
      }
    }
    double[][] times = new double[turns.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int place = 0; place < turns.size(); place++) {
        int who = (round + place) % turns.size();
        Thread.sleep(PAUSE_MILLIS);
        Turn turn = turns.get(who);
        // Wakes the threads.
        turn.once();
        long start = System.nanoTime();
        long now = start;
        int runs = 0;
        while (now - start < TURN_NANOS) {
          turn.once();
          runs++;
          now = System.nanoTime();
        }
        times[who][round] = (double) (now - start) / runs;
      }
    }
    return Arrays.stream(times).mapToDouble(OverheadBenchmark::median).toArray();
  }

  /// Preparing, running a short sequence and closing, against a session of the file's bytes.
  private void prepare(Request request) throws Exception {
    Inputs inputs =
        Inputs.of(
            Numbers.normal(1, 1, HEADS, 8, SIZE),
            Numbers.normal(2, 1, HEADS, 8, SIZE),
            Numbers.normal(3, 1, HEADS, 8, SIZE));
    byte[] bytes = model(request);
    List<Double> mine = new ArrayList<>();
    List<Double> byHand = new ArrayList<>();
    for (int round = 0; round < 3 * rounds; round++) {
      long start = System.nanoTime();
      try (Attention attention = provider().prepare(request)) {
        attention.run(inputs);
      }
      long middle = System.nanoTime();
      try (OrtSession session = open(bytes)) {
        Map<String, OnnxTensor> from = new HashMap<>();
        for (String name : session.getInputNames()) {
          from.put(name, share(inputs.get(name)));
        }
        session.run(from).close();
        from.values().forEach(OnnxTensor::close);
      }
      long end = System.nanoTime();
      if (round >= rounds) {
        mine.add((middle - start) / 1e6);
        byHand.add((end - middle) / 1e6);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "prepare, run, close: provider %.2f ms, by hand %.2f ms%n",
        median(mine.stream().mapToDouble(Double::doubleValue).toArray()),
        median(byHand.stream().mapToDouble(Double::doubleValue).toArray()));
  }

  private OnnxProvider provider() {
    return (OnnxProvider)
        new OnnxProvider().configure(Settings.defaults().threads(threads).device("cpu"));
  }

  /// As the provider builds it for inputs with equally many heads.
  private static byte[] model(Request request) {
    Graph graph =
        MechanismGraph.of(
            request,
            new Target(Target.NEWEST_OPSET, false, Type.FLOAT, Type.FLOAT),
            new Variant(Set.of(), true, Map.of()));
    return SessionModel.forSession(graph, "by hand").model().toByteArray();
  }

  private OrtSession open(byte[] model) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      return Engine.sharedEnvironment().createSession(model, options);
    }
  }

  private static OnnxTensor share(NdArray array) throws OrtException {
    OrtEnvironment environment = Engine.sharedEnvironment();
    ByteBuffer buffer = array.segment().asByteBuffer().order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(
        environment, buffer, array.shape().toArray(), OnnxJavaType.FLOAT);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
