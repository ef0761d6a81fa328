package io.github.attention4j.viz.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every provider against `reference` on requests drawn over the whole vocabulary, with none, some
 * or all of the captures both have: what is captured decides which kernel runs. The seeds are
 * fixed; `-Dattention4j.random=10000` draws more.
 */
final class RandomRequestTests {
  private static final AttentionProviders PROVIDERS = AttentionProviders.load();
  private static final AttentionProvider REFERENCE = PROVIDERS.named("reference");
  private static final int ROUNDS = Integer.getInteger("attention4j.random", 100);
  private static final double TOLERANCE = 5e-5;
  private static final List<Capture> CAPTURES =
      List.of(
          Capture.WEIGHTS,
          Capture.LOG_SUM_EXP,
          Capture.STATE,
          Capture.STAGES,
          new Capture.TopK(3),
          new Capture.Pooled(3, 4));

  @TestFactory
  Stream<DynamicTest> pairwise() {
    return onEveryProvider(RandomPairwise::next);
  }

  @TestFactory
  Stream<DynamicTest> otherMechanisms() {
    return onEveryProvider(RandomMechanism::next);
  }

  private static Stream<DynamicTest> onEveryProvider(Function<Draw, Draw.Run> next) {
    AttentionProvider onnx = PROVIDERS.named("onnx");
    Settings fused = Settings.defaults().option("onnx.dialect", "fused");
    return Stream.of(
        dynamicTest("cpu", () -> compare(PROVIDERS.named("cpu"), next)),
        dynamicTest("onnx portable", () -> compare(onnx, next)),
        dynamicTest("onnx fused", () -> compare(onnx.configure(fused), next)));
  }

  private static void compare(AttentionProvider provider, Function<Draw, Draw.Run> next) {
    int refused = 0;
    for (int seed = 0; seed < ROUNDS; seed++) {
      Draw.Run run = next.apply(new Draw(seed));
      if (!provider.unsupported(Request.of(run.mechanism())).isEmpty()) {
        refused++;
        continue;
      }
      compare("seed " + seed + ": " + run, provider, run, captures(new Draw(~seed)));
    }
    int all = refused;
    assertTrue(10 * refused <= ROUNDS, () -> all + " of " + ROUNDS + " were refused");
  }

  private static List<Capture> captures(Draw draw) {
    return switch (draw.between(0, 2)) {
      case 0 -> List.of();
      case 1 -> CAPTURES.stream().filter(_ -> draw.oneIn(3)).toList();
      default -> CAPTURES;
    };
  }

  private static void compare(
      String name, AttentionProvider provider, Draw.Run run, List<Capture> captures) {
    Request request = Request.of(run.mechanism());
    for (Capture capture : captures) {
      Request more = request.capture(capture);
      if (provider.unsupported(more).isEmpty() && REFERENCE.unsupported(more).isEmpty()) {
        request = more;
      }
    }
    near(name, result(name, REFERENCE, request, run), result(name, provider, request, run));
    // What is not captured is computed by other kernels, and rotated keys show what they are.
    if (captures.isEmpty()
        && run.mechanism() instanceof Mechanism.Pairwise pairwise
        && pairwise.normalizer() instanceof Normalizer.Softmax) {
      near(
          name + ", with NaN where no query looks",
          result(name, REFERENCE, request, run),
          result(name, provider, request, new Draw.Run(pairwise, spoiled(name, run))));
    }
  }

  /** NaN in every key and value that no query of its heads gives any weight. */
  private static Inputs spoiled(String name, Draw.Run run) {
    Request request = Request.of(run.mechanism()).capture(Capture.WEIGHTS);
    Tensor weights = result(name, REFERENCE, request, run).weights();
    Tensor key = run.inputs().tensor(Inputs.KEY);
    Tensor value = run.inputs().tensor(Inputs.VALUE);
    long keys = key.shape().size(2);
    long rows = key.shape().size(0) * key.shape().size(1);
    boolean[] seen = new boolean[Math.toIntExact(rows * keys)];
    for (long i = 0; i < weights.shape().elements(); i++) {
      long row = i / (weights.shape().elements() / rows);
      seen[Math.toIntExact(row * keys + i % keys)] |= weights.at(i) > 0;
    }
    return run.inputs()
        .with(Inputs.KEY, spoiled(key, seen))
        .with(Inputs.VALUE, spoiled(value, seen));
  }

  private static Tensor spoiled(Tensor array, boolean[] seen) {
    Tensor spoiled = Tensor.allocate(array.shape());
    long size = array.shape().size(3);
    for (long i = 0; i < array.shape().elements(); i++) {
      spoiled.set(i, seen[Math.toIntExact(i / size)] ? array.at(i) : Float.NaN);
    }
    return spoiled;
  }

  private static void near(String name, Result want, Result got) {
    assertEquals(want.arrays().keySet(), got.arrays().keySet(), name);
    for (Map.Entry<String, NdArray> entry : want.arrays().entrySet()) {
      // Which of two nearly equal weights is the larger is not for float32 to tell; their sizes
      // are.
      if (!entry.getKey().equals(Result.TOP_K_KEYS)) {
        near(name + "\n" + entry.getKey(), entry.getValue(), got.get(entry.getKey()));
      }
    }
  }

  private static Result result(
      String name, AttentionProvider provider, Request request, Draw.Run run) {
    try (Attention attention = provider.prepare(request)) {
      return attention.run(run.inputs());
    } catch (RuntimeException failure) {
      throw new AssertionError(provider.id() + " on " + name, failure);
    }
  }

  private static void near(String name, NdArray want, NdArray got) {
    assertEquals(want.shape(), got.shape(), name);
    if (!(want instanceof Tensor wanted) || !(got instanceof Tensor gotten)) {
      assertEquals(want, got, name);
      return;
    }
    for (long i = 0; i < wanted.shape().elements(); i++) {
      float w = wanted.at(i);
      float g = gotten.at(i);
      long at = i;
      assertTrue(
          w == g || Math.abs(w - g) <= TOLERANCE * (1 + Math.abs(w)),
          () -> name + " at " + at + ": expected " + w + ", got " + g);
    }
  }
}
