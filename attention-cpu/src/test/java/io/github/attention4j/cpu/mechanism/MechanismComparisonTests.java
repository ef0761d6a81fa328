package io.github.attention4j.cpu.mechanism;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.CpuProvider;
import io.github.attention4j.cpu.reference.ReferenceProvider;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Provider `cpu` against provider `reference` for every mechanism that is not pairwise softmax,
/// with every capture both have, on shapes that do not fit vectors and on empty ones; and the same
/// bits for any number of threads.
final class MechanismComparisonTests {
  private static final AttentionProvider CPU =
      new CpuProvider().configure(Settings.defaults().threads(3));
  private static final AttentionProvider ALONE =
      new CpuProvider().configure(Settings.defaults().threads(1));
  private static final AttentionProvider REFERENCE = new ReferenceProvider();

  private final Random random = new Random(11);

  private Tensor normal(double deviation, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) (deviation * random.nextGaussian()));
    }
    return array;
  }

  private Tensor uniform(double low, double high, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextDouble(low, high));
    }
    return array;
  }

  private Inputs heads(
      int batch, int heads, int keyHeads, int queries, int keys, int size, int value) {
    return Inputs.of(
        normal(1, batch, heads, queries, size),
        normal(1, batch, keyHeads, keys, size),
        normal(1, batch, keyHeads, keys, value));
  }

  private static LongTensor lengths(long... lengths) {
    return LongTensor.of(lengths, lengths.length);
  }

  private static Result run(AttentionProvider provider, Request request, Inputs inputs) {
    try (Attention attention = provider.prepare(request)) {
      return attention.run(inputs);
    }
  }

  /// Compares all that is returned, as far as both providers can capture it.
  private static void compare(Mechanism mechanism, Inputs inputs, double tolerance) {
    compare(
        mechanism,
        inputs,
        tolerance,
        Capture.WEIGHTS,
        Capture.LOG_SUM_EXP,
        Capture.STATE,
        Capture.STAGES,
        new Capture.TopK(3),
        new Capture.Pooled(3, 4));
  }

  private static void compare(
      Mechanism mechanism, Inputs inputs, double tolerance, Capture... captures) {
    Request request = Request.of(mechanism);
    for (Capture capture : captures) {
      Request more = request.capture(capture);
      if (REFERENCE.unsupported(more).isEmpty() && CPU.unsupported(more).isEmpty()) {
        request = more;
      }
    }
    Result expected = run(REFERENCE, request, inputs);
    Result actual = run(CPU, request, inputs);
    assertEquals(expected.arrays().keySet(), actual.arrays().keySet(), mechanism.toString());
    for (Map.Entry<String, NdArray> entry : expected.arrays().entrySet()) {
      String name = mechanism.getClass().getSimpleName() + " " + entry.getKey();
      NdArray other = actual.get(entry.getKey());
      assertEquals(entry.getValue().shape(), other.shape(), name);
      if (entry.getValue() instanceof Tensor want && other instanceof Tensor got) {
        near(name, want, got, tolerance);
      } else {
        assertEquals(entry.getValue(), other, name);
      }
    }
    Result single = run(ALONE, request, inputs);
    actual.arrays().forEach((name, array) -> assertEquals(array, single.get(name), name));
    // Filling the arrays of an earlier result gives the same again.
    try (Attention attention = CPU.prepare(request)) {
      Result filled = attention.run(inputs, single);
      actual.arrays().forEach((name, array) -> assertEquals(array, filled.get(name), name));
    }
  }

  private static void near(String name, Tensor want, Tensor got, double tolerance) {
    for (long i = 0; i < want.shape().elements(); i++) {
      float w = want.at(i);
      float g = got.at(i);
      assertTrue(
          w == g || Math.abs(w - g) <= tolerance * (1 + Math.abs(w)),
          name + " at " + i + ": expected " + w + ", got " + g);
    }
  }

  @Test
  void linearTransformer() {
    FeatureMap map = new FeatureMap.EluPlusOne();
    compare(new Mechanism.Linearized(map, Scope.full()), heads(2, 4, 2, 70, 131, 7, 5), 2e-5);
    compare(new Mechanism.Linearized(map, Scope.causal()), heads(2, 4, 2, 150, 131, 17, 33), 2e-5);
    compare(new Mechanism.Linearized(map, Scope.causal()), heads(1, 1, 1, 64, 200, 16, 1), 2e-5);
    compare(
        new Mechanism.Linearized(map, Scope.causal().and(Scope.lengths())),
        heads(3, 1, 1, 80, 80, 9, 3).with("lengths", lengths(0, 67, 80)),
        2e-5);
    compare(new Mechanism.Linearized(map, Scope.full()), heads(1, 1, 1, 0, 5, 4, 4), 1e-6);
    compare(new Mechanism.Linearized(map, Scope.causal()), heads(1, 1, 1, 5, 0, 4, 4), 1e-6);
    compare(new Mechanism.Linearized(map, Scope.full()), heads(0, 1, 1, 5, 5, 4, 4), 1e-6);
  }

  @Test
  void performer() {
    FeatureMap shared = FeatureMap.FavorPlus.draw(19, 8, 42, true, false);
    FeatureMap both = FeatureMap.FavorPlus.draw(10, 8, 43, false, true);
    FeatureMap perHead = new FeatureMap.FavorPlus(normal(1, 3, 9, 8), false);
    for (Scope scope : new Scope[] {Scope.full(), Scope.causal()}) {
      compare(new Mechanism.Linearized(shared, scope), heads(2, 4, 2, 90, 90, 8, 5), 5e-5);
      compare(new Mechanism.Linearized(both, scope), heads(1, 2, 2, 70, 100, 8, 17), 5e-5);
      compare(new Mechanism.Linearized(perHead, scope), heads(2, 3, 3, 20, 20, 8, 4), 5e-5);
    }
  }

  @Test
  void performerOfLongVectorsNeitherOverflowsNorVanishes() {
    FeatureMap map = FeatureMap.FavorPlus.draw(16, 8, 1, true, false);
    Inputs inputs =
        Inputs.of(normal(12, 1, 2, 90, 8), normal(12, 1, 2, 90, 8), normal(1, 1, 2, 90, 4));
    for (Scope scope : new Scope[] {Scope.full(), Scope.causal()}) {
      Request request = Request.of(new Mechanism.Linearized(map, scope));
      Result expected = run(REFERENCE, request, inputs);
      Result actual = run(CPU, request, inputs);
      // Exponents of some hundreds: float32 arguments alone cost 1e-5.
      near("output", expected.output(), actual.output(), 2e-3);
    }
  }

  @Test
  void continuedSequenceEqualsWholeSequence() {
    for (FeatureMap map :
        new FeatureMap[] {
          new FeatureMap.EluPlusOne(), FeatureMap.FavorPlus.draw(12, 6, 9, true, false)
        }) {
      Mechanism mechanism = new Mechanism.Linearized(map, Scope.causal());
      Inputs all = heads(2, 4, 2, 100, 100, 6, 5);
      for (AttentionProvider provider : new AttentionProvider[] {CPU, REFERENCE}) {
        Result whole = run(provider, Request.of(mechanism), all);
        Request stateful = Request.of(mechanism).capture(Capture.STATE);
        Result first = run(provider, stateful, slice(all, 0, 37));
        Result second =
            run(
                provider,
                stateful,
                slice(all, 37, 100)
                    .with("state_s", first.get("state_s"))
                    .with("state_z", first.get("state_z")));
        near("first", rows(whole.output(), 0, 37), first.output(), 1e-5);
        near("second", rows(whole.output(), 37, 100), second.output(), 2e-5);
      }
    }
  }

  private static Inputs slice(Inputs all, int from, int to) {
    return Inputs.of(
        rows(all.tensor("query"), from, to),
        rows(all.tensor("key"), from, to),
        rows(all.tensor("value"), from, to));
  }

  private static Tensor rows(Tensor x, int from, int to) {
    long[] sizes = x.shape().toArray();
    Tensor part = Tensor.allocate(sizes[0], sizes[1], to - from, sizes[3]);
    long at = 0;
    for (long b = 0; b < sizes[0]; b++) {
      for (long h = 0; h < sizes[1]; h++) {
        for (long t = from; t < to; t++) {
          for (long c = 0; c < sizes[3]; c++) {
            part.set(at++, x.get(b, h, t, c));
          }
        }
      }
    }
    return part;
  }

  @Test
  void whatIsBehindTheLengthOrTheFutureIsNotRead() {
    for (Mechanism mechanism :
        new Mechanism[] {
          new Mechanism.Linearized(
              new FeatureMap.EluPlusOne(), Scope.causal().and(Scope.lengths())),
          new Mechanism.Linearized(
              FeatureMap.FavorPlus.draw(12, 6, 9, true, false),
              Scope.causal().and(Scope.lengths())),
          new Mechanism.LowRank(
              normal(1, 4, 50), normal(1, 4, 50), OptionalDouble.empty(), Scope.lengths())
        }) {
      Inputs clean = heads(1, 1, 1, 50, 50, 6, 5).with("lengths", lengths(40));
      Inputs dirty =
          clean
              .with("key", spoiled(clean.tensor("key"), 40))
              .with("value", spoiled(clean.tensor("value"), 40));
      for (AttentionProvider provider : new AttentionProvider[] {CPU, REFERENCE}) {
        Request request = Request.of(mechanism);
        assertEquals(
            run(provider, request, clean).output(), run(provider, request, dirty).output());
      }
    }
    Mechanism causal = new Mechanism.Linearized(new FeatureMap.EluPlusOne(), Scope.causal());
    Inputs clean = heads(1, 1, 1, 50, 50, 6, 5);
    Inputs dirty =
        clean
            .with("key", spoiled(clean.tensor("key"), 40))
            .with("value", spoiled(clean.tensor("value"), 40));
    Tensor before = rows(run(CPU, Request.of(causal), clean).output(), 0, 40);
    Tensor after = rows(run(CPU, Request.of(causal), dirty).output(), 0, 40);
    near("before the future", before, after, 1e-6);
  }

  private static Tensor spoiled(Tensor x, int from) {
    long size = x.shape().size(3);
    Tensor y = Tensor.of(x.toArray(), x.shape().toArray());
    for (long i = from * size; i < y.shape().elements(); i++) {
      y.set(i, i % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY);
    }
    return y;
  }

  @Test
  void recurrent() {
    for (boolean gated : new boolean[] {false, true}) {
      for (boolean delta : new boolean[] {false, true}) {
        Mechanism mechanism = new Mechanism.Recurrent(gated, delta, OptionalDouble.empty());
        Inputs inputs =
            heads(2, 4, 2, 21, 21, 6, 9)
                .with("beta", uniform(0, 0.2, 2, 2, 21))
                .with("decay", uniform(-1, 0, 2, 2, 21))
                .with("state", normal(1, 2, 2, 6, 9));
        compare(mechanism, inputs, 1e-5);
        compare(mechanism, inputs.with("decay", uniform(-1, 0, 2, 2, 21, 6)), 1e-5);
        // One query head for each key head: steps go by four.
        Inputs alone =
            heads(2, 2, 2, 39, 39, 33, 40)
                .with("beta", uniform(0, 0.05, 2, 2, 39))
                .with("decay", uniform(-1, 0, 2, 2, 39))
                .with("state", normal(1, 2, 2, 33, 40));
        compare(mechanism, alone, 1e-5);
        compare(mechanism, alone.with("decay", uniform(-1, 0, 2, 2, 39, 33)), 1e-5);
        // A state may grow, or vanish between two steps.
        compare(mechanism, alone.with("decay", uniform(-0.1, 0.1, 2, 2, 39, 33)), 1e-5);
        compare(mechanism, alone.with("decay", uniform(-300, 0, 2, 2, 39, 33)), 1e-5);
      }
    }
  }

  @Test
  void lowRank() {
    compare(
        new Mechanism.LowRank(
            normal(0.3, 11, 301), normal(0.3, 11, 301), OptionalDouble.empty(), Scope.full()),
        heads(2, 4, 2, 70, 301, 12, 5),
        2e-5);
    compare(
        new Mechanism.LowRank(
            normal(0.3, 2, 5, 33), normal(0.3, 5, 33), OptionalDouble.of(0.4), Scope.lengths()),
        heads(3, 2, 2, 9, 33, 3, 17).with("lengths", lengths(0, 33, 8)),
        2e-5);
  }

  @Test
  void landmark() {
    compare(
        new Mechanism.Landmark(6, 0, OptionalDouble.empty()), heads(2, 4, 2, 131, 131, 9, 5), 2e-4);
    compare(
        new Mechanism.Landmark(5, 6, OptionalDouble.empty()), heads(1, 2, 2, 65, 65, 8, 20), 2e-4);
    compare(new Mechanism.Landmark(1, 0, OptionalDouble.of(2)), heads(1, 1, 1, 1, 1, 3, 2), 1e-6);
    compare(new Mechanism.Landmark(4, 0, OptionalDouble.empty()), heads(2, 1, 1, 0, 0, 3, 2), 0);
  }

  @Test
  void longConvolution() {
    for (int length : new int[] {0, 1, 2, 63, 65, 129}) {
      for (int batch : new int[] {1, 3}) {
        Inputs inputs =
            Inputs.none()
                .with("gates", normal(1, 2, batch, length, 3))
                .with("value", normal(1, batch, length, 3));
        compare(new Mechanism.LongConvolution(normal(0.3, 2, 3, 90)), inputs, 1e-4);
      }
    }
  }

  @Test
  void ntm() {
    Inputs inputs =
        Inputs.none()
            .with("memory", normal(1, 2, 9, 5))
            .with("query", normal(1, 2, 3, 5))
            .with("beta", uniform(0, 30, 2, 3))
            .with("gate", uniform(0, 1, 2, 3))
            .with("gamma", uniform(1, 20, 2, 3))
            .with("previous", uniform(0, 0.2, 2, 3, 9))
            .with("shift", uniform(0, 0.3, 2, 3, 5));
    compare(new Mechanism.NtmAddressing(), inputs, 1e-6);
    compare(
        new Mechanism.NtmAddressing(),
        inputs.with("erase", uniform(0, 1, 2, 3, 5)).with("add", normal(1, 2, 3, 5)),
        1e-6);
  }

  @Test
  void nearestKeys() {
    for (int memory : new int[] {0, 5, 300, 513}) {
      Inputs inputs =
          heads(2, 4, 2, 37, 37, 9, 5)
              .with("memory_key", normal(1, 2, 1, memory, 9))
              .with("memory_value", normal(1, 2, 1, memory, 5));
      compare(new Mechanism.NearestKeys(7, normal(1, 4), OptionalDouble.empty()), inputs, 2e-5);
    }
  }

  @Test
  void memoryNetworks() {
    compare(
        new Mechanism.MultiHop(Scope.lengths()),
        Inputs.none()
            .with("query", normal(1, 3, 6))
            .with("memory_key", normal(1, 2, 3, 7, 6))
            .with("memory_value", normal(1, 2, 3, 7, 6))
            .with("lengths", lengths(0, 7, 3)),
        1e-5);
    Inputs words =
        Inputs.none()
            .with("story", LongTensor.of(new long[] {1, 2, 0, 3, 4, 5, 6, 0, 0}, 1, 3, 3))
            .with("question", LongTensor.of(new long[] {5, 1, 0}, 1, 3));
    compare(
        new Mechanism.WordMemory(
            2, normal(1, 3, 7, 5), Optional.of(normal(1, 3, 4, 5)), Optional.empty(), true),
        words,
        1e-5);
    compare(
        new Mechanism.WordMemory(
            3, normal(0.5, 2, 7, 5), Optional.empty(), Optional.of(normal(0.3, 5, 5)), false),
        words,
        1e-5);
  }

  @Test
  void productKeys() {
    Inputs inputs = Inputs.none().with("query", normal(1, 2, 3, 11, 8));
    for (int topK : new int[] {1, 5, 20, 36, 50}) {
      compare(
          new Mechanism.ProductKeys(topK, normal(1, 3, 6, 4), normal(1, 3, 6, 4), normal(1, 36, 5)),
          inputs,
          1e-5);
    }
  }

  @Test
  void tiesGoToTheLowerId() {
    Tensor zeros = Tensor.allocate(1, 4, 2);
    Request request =
        Request.of(new Mechanism.ProductKeys(6, zeros, zeros, normal(1, 16, 3)))
            .capture(Capture.WEIGHTS);
    Inputs inputs = Inputs.none().with("query", normal(1, 1, 1, 1, 4));
    for (AttentionProvider provider : new AttentionProvider[] {CPU, REFERENCE}) {
      LongTensor ids = (LongTensor) run(provider, request, inputs).get("ids");
      assertArrayEquals(new long[] {0, 1, 2, 3, 4, 5}, ids.toArray());
    }
  }

  @Test
  void normalizersOverWholeRows() {
    Tensor transitions = normal(1, 4, 2, 2);
    for (Normalizer normalizer :
        new Normalizer[] {
          new Normalizer.Sparsemax(),
          new Normalizer.Entmax15(),
          new Normalizer.ChainCrf(transitions)
        }) {
      for (Scope scope : new Scope[] {Scope.full(), Scope.causal(), Scope.window(3, 2)}) {
        compare(
            Mechanism.Pairwise.of(Score.scaledDot()).within(scope).normalizedBy(normalizer),
            heads(2, 4, 2, 70, 133, 9, 5),
            2e-5);
      }
      compare(
          Mechanism.Pairwise.of(Score.dot()).normalizedBy(normalizer),
          heads(1, 4, 4, 3, 0, 4, 2),
          0);
    }
    for (boolean singleRoot : new boolean[] {false, true}) {
      for (Normalizer normalizer :
          new Normalizer[] {
            new Normalizer.NonProjectiveTree(singleRoot), new Normalizer.ProjectiveTree(singleRoot)
          }) {
        compare(
            Mechanism.Pairwise.of(Score.scaledDot())
                .within(Scope.lengths())
                .normalizedBy(normalizer),
            heads(2, 2, 1, 12, 13, 9, 5).with("lengths", lengths(13, 7)),
            2e-5);
      }
    }
  }

  /// Transitions per head and per key, few queries of several heads side by side, keys left out,
  /// and scores and transitions that only logarithms can hold, beside others that need none.
  @Test
  void chains() {
    Inputs inputs = heads(2, 6, 2, 5, 40, 9, 5);
    Tensor wide = normal(1, 1, 39, 2, 2);
    for (long i = 0; i < 8; i++) {
      wide.set(i, 100 * wide.at(i));
    }
    Tensor query = inputs.tensor(Inputs.QUERY);
    for (long i = 0; i < 2 * 9; i++) {
      query.set(i, 400 * query.at(i));
    }
    for (Tensor transitions :
        new Tensor[] {
          normal(1, 2, 2), normal(1, 6, 2, 2), normal(1, 1, 39, 2, 2), normal(1, 6, 39, 2, 2), wide
        }) {
      for (Scope scope : new Scope[] {Scope.full(), Scope.causal(), Scope.window(3, 2)}) {
        compare(
            Mechanism.Pairwise.of(Score.dot())
                .within(scope)
                .normalizedBy(new Normalizer.ChainCrf(transitions)),
            inputs,
            2e-5,
            Capture.WEIGHTS,
            Capture.LOG_SUM_EXP);
      }
    }
  }
}
