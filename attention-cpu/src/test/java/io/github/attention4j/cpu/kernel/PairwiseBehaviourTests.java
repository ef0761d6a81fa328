package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Bias;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What must hold whatever the numbers: equalities between descriptions, traps, edges, and the
/// contract of [Attention].
final class PairwiseBehaviourTests {
  private static final Engine ENGINE = new Engine(Settings.defaults().threads(2));

  private final Random random = new Random(11);

  private Tensor normal(double scale, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) (scale * random.nextGaussian()));
    }
    return array;
  }

  private static Result run(Engine engine, Pairwise mechanism, Inputs inputs, Capture... captures) {
    try (Attention attention = engine.prepare(Request.of(mechanism).capture(captures))) {
      return attention.run(inputs);
    }
  }

  private static Tensor output(Pairwise mechanism, Inputs inputs) {
    return run(ENGINE, mechanism, inputs).output();
  }

  private Inputs qkv(int batch, int heads, int queries, int keys, int size) {
    return Inputs.of(
        normal(1, batch, heads, queries, size),
        normal(1, batch, heads, keys, size),
        normal(1, batch, heads, keys, size));
  }

  private static Pairwise scaled() {
    return Pairwise.of(Score.scaledDot());
  }

  private static void assertClose(Tensor want, Tensor got) {
    assertEquals(want.shape(), got.shape());
    for (long i = 0; i < want.shape().elements(); i++) {
      assertEquals(want.at(i), got.at(i), 2e-6 * (1 + Math.abs(want.at(i))));
    }
  }

  @Test
  void twoKeysByHand() {
    // Scores 0 and ln 3: weights 1/4 and 3/4.
    Tensor query = Tensor.of(new float[] {1}, 1, 1, 1, 1);
    Tensor key = Tensor.of(new float[] {0, (float) Math.log(3)}, 1, 1, 2, 1);
    Tensor value = Tensor.of(new float[] {8, 4}, 1, 1, 2, 1);
    Result result =
        run(
            ENGINE,
            Pairwise.of(Score.dot()),
            Inputs.of(query, key, value),
            Capture.WEIGHTS,
            Capture.LOG_SUM_EXP);
    assertEquals(5, result.output().at(0), 1e-6);
    assertEquals(0.75, result.weights().at(1), 1e-7);
    assertEquals(Math.log(4), result.tensor(Result.LOG_SUM_EXP).at(0), 1e-6);
  }

  @Test
  void anUnlimitedWindowIsFull() {
    Inputs inputs = qkv(2, 3, 70, 150, 24);
    assertEquals(
        output(scaled(), inputs),
        output(scaled().within(Scope.window(Scope.UNBOUNDED, Scope.UNBOUNDED)), inputs));
    assertEquals(
        output(scaled().within(Scope.causal()), inputs),
        output(scaled().within(Scope.window(Scope.UNBOUNDED, 0)), inputs));
  }

  @Test
  void lengthsEqualCutKeys() {
    Inputs inputs = qkv(1, 2, 40, 130, 16);
    Tensor key = Tensor.allocate(1, 2, 90, 16);
    Tensor value = Tensor.allocate(1, 2, 90, 16);
    for (long h = 0; h < 2; h++) {
      for (long i = 0; i < 90 * 16; i++) {
        key.set(h * 90 * 16 + i, inputs.tensor("key").at(h * 130 * 16 + i));
        value.set(h * 90 * 16 + i, inputs.tensor("value").at(h * 130 * 16 + i));
      }
    }
    assertEquals(
        output(scaled(), Inputs.of(inputs.tensor("query"), key, value)),
        output(
            scaled().within(Scope.lengths()),
            inputs.with("lengths", LongTensor.of(new long[] {90}, 1))));
  }

  @Test
  void entriesOfABatchDoNotSeeEachOther() {
    Inputs both = qkv(2, 3, 33, 65, 20);
    Tensor together = output(scaled(), both);
    for (int b = 0; b < 2; b++) {
      Inputs one =
          Inputs.of(
              entry(both.tensor("query"), b),
              entry(both.tensor("key"), b),
              entry(both.tensor("value"), b));
      assertEquals(entry(together, b), output(scaled(), one));
    }
  }

  private static Tensor entry(Tensor array, int b) {
    long size = array.shape().elements() / array.shape().size(0);
    return Tensor.wrap(
        array.segment().asSlice(4L * b * size, 4 * size),
        io.github.attention4j.api.Shape.of(
            1, array.shape().size(1), array.shape().size(2), array.shape().size(3)));
  }

  @Test
  void groupedHeadsEqualRepeatedKeys() {
    for (int queries : new int[] {1, 3, 40}) {
      Tensor query = normal(1, 1, 6, queries, 16);
      Tensor key = normal(1, 1, 2, 75, 16);
      Tensor value = normal(1, 1, 2, 75, 16);
      assertClose(
          output(scaled(), Inputs.of(query, repeat(key, 3), repeat(value, 3))),
          output(scaled(), Inputs.of(query, key, value)));
    }
  }

  private static Tensor repeat(Tensor array, int times) {
    int heads = array.shape().intSize(1);
    long size = array.shape().elements() / heads;
    Tensor all =
        Tensor.allocate(1, (long) heads * times, array.shape().size(2), array.shape().size(3));
    for (long h = 0; h < (long) heads * times; h++) {
      for (long i = 0; i < size; i++) {
        all.set(h * size + i, array.at(h / times * size + i));
      }
    }
    return all;
  }

  @Test
  void stepsWithACacheEqualTheCausalWhole() {
    Inputs all = qkv(1, 2, 90, 90, 16);
    Pairwise causal = scaled().within(Scope.causal());
    Tensor whole = output(causal, all);
    for (int t : new int[] {0, 1, 17, 63, 89}) {
      Tensor query = Tensor.allocate(1, 2, 1, 16);
      Tensor key = Tensor.allocate(1, 2, t + 1, 16);
      Tensor value = Tensor.allocate(1, 2, t + 1, 16);
      for (int h = 0; h < 2; h++) {
        for (int c = 0; c < 16; c++) {
          query.set(h * 16 + c, all.tensor("query").get(0, h, t, c));
        }
        for (long i = 0; i < (t + 1) * 16L; i++) {
          key.set(h * (t + 1L) * 16 + i, all.tensor("key").at(h * 90L * 16 + i));
          value.set(h * (t + 1L) * 16 + i, all.tensor("value").at(h * 90L * 16 + i));
        }
      }
      Tensor step = output(causal.placed(Placement.end()), Inputs.of(query, key, value));
      for (int h = 0; h < 2; h++) {
        for (int c = 0; c < 16; c++) {
          assertEquals(whole.get(0, h, t, c), step.get(0, h, 0, c), 1e-5);
        }
      }
    }
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    Inputs inputs = qkv(2, 4, 300, 700, 40);
    Pairwise mechanism = scaled().within(Scope.causal().or(new Scope.Strided(7)));
    Result one = run(new Engine(Settings.defaults().threads(1)), mechanism, inputs, captures());
    for (int threads : new int[] {2, 3, 8}) {
      Result many =
          run(new Engine(Settings.defaults().threads(threads)), mechanism, inputs, captures());
      assertEquals(one.arrays(), many.arrays());
    }
  }

  /** With one thread panels go through the keys in bunches, with eight each by itself. */
  @Test
  void keysBeyondTheCacheInStretchesChangeNoBit() {
    Inputs inputs = qkv(1, 2, 230, 9_000, 128);
    Scope scattered = new Scope.Strided(7).and(Scope.window(6_000, 300));
    for (Scope scope : List.of(Scope.full(), Scope.causal(), scattered)) {
      Pairwise mechanism = scaled().within(scope).placed(Placement.end());
      Result one = run(new Engine(Settings.defaults().threads(1)), mechanism, inputs, captures());
      Result many = run(new Engine(Settings.defaults().threads(8)), mechanism, inputs, captures());
      assertEquals(one.arrays(), many.arrays());
    }
  }

  /**
   * Aligned values are read where they are by full attention, and for other scopes by a thread that
   * has heads of its own, unless one is NaN; eight threads share heads and pack.
   */
  @Test
  void valuesInPlaceEqualPackedOnes() {
    Engine alone = new Engine(Settings.defaults().threads(1));
    Engine shared = new Engine(Settings.defaults().threads(8));
    for (int size : new int[] {16, 40, 64}) {
      Inputs inputs = qkv(2, 3, 50, 70, size);
      Pairwise everything = scaled().within(Scope.window(1_000, 1_000));
      Tensor packed = run(shared, everything, inputs).output();
      assertEquals(packed, output(scaled(), inputs));
      assertEquals(packed, run(alone, everything, inputs).output());
      for (float trap : new float[] {0.5f, Float.NaN}) {
        inputs.tensor("value").set((70 + 60) * (long) size + 2, trap);
        Pairwise causal = scaled().within(Scope.causal());
        Result one = run(alone, causal, inputs);
        assertEquals(run(shared, causal, inputs).arrays(), one.arrays());
        assertEquals(Float.isNaN(trap), Float.isNaN(output(scaled(), inputs).get(0, 1, 3, 2)));
        for (int i = 0; i < 50; i++) {
          assertFalse(Float.isNaN(one.output().get(0, 1, i, 2)));
        }
      }
    }
  }

  /** What is read where it is must not be written meanwhile. */
  @Test
  void outputsMayLieOverInputs() {
    for (int threads : new int[] {1, 2, 8}) {
      Engine engine = new Engine(Settings.defaults().threads(threads));
      for (String over : List.of("query", "key", "value")) {
        Inputs inputs = qkv(1, 4, 70, 70, 32);
        Tensor want = run(engine, scaled(), inputs).output();
        try (Attention attention = engine.prepare(Request.of(scaled()))) {
          Result into = Result.of(Map.of(Result.OUTPUT, inputs.tensor(over)));
          assertEquals(want, attention.run(inputs, into).output(), over);
        }
      }
    }
  }

  private static Capture[] captures() {
    return new Capture[] {
      Capture.WEIGHTS, Capture.LOG_SUM_EXP, new Capture.TopK(4), new Capture.Pooled(9, 5)
    };
  }

  @Test
  void whatStandsBehindAMaskStaysThere() {
    for (float trap : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Inputs clean = qkv(1, 2, 50, 140, 24);
      Inputs dirty =
          clean
              .with("key", Tensor.of(clean.tensor("key").toArray(), 1, 2, 140, 24))
              .with("value", Tensor.of(clean.tensor("value").toArray(), 1, 2, 140, 24));
      BooleanTensor mask = BooleanTensor.allocate(1, 1, 1, 140);
      Tensor bias = Tensor.allocate(1, 1, 1, 140);
      for (int j = 0; j < 140; j++) {
        boolean masked = j % 9 == 4;
        mask.set(j, !masked);
        bias.set(j, masked ? Float.NEGATIVE_INFINITY : 0.25f * (j % 3));
        for (int h = 0; masked && h < 2; h++) {
          dirty.tensor("key").set((h * 140 + j) * 24L + 3, trap);
          dirty.tensor("value").set((h * 140 + j) * 24L + 5, trap);
        }
      }
      Pairwise masked = scaled().within(Scope.mask());
      assertEquals(
          output(masked, clean.with("mask", mask)), output(masked, dirty.with("mask", mask)));
      Pairwise biased = scaled().plus(new Bias.Dense("bias"));
      assertEquals(
          output(biased, clean.with("bias", bias)), output(biased, dirty.with("bias", bias)));
    }
  }

  @Test
  void nanInAKeyThatCountsReachesOnlyTheQueriesThatSeeIt() {
    Inputs inputs = qkv(1, 1, 80, 80, 16);
    inputs.tensor("key").set(40 * 16 + 2, Float.NaN);
    inputs.tensor("value").set(60 * 16 + 2, Float.NaN);
    Tensor out = output(scaled().within(Scope.causal()), inputs);
    for (int i = 0; i < 80; i++) {
      assertEquals(i >= 40, Float.isNaN(out.get(0, 0, i, 0)), "query " + i);
      assertEquals(i >= 40, Float.isNaN(out.get(0, 0, i, 2)), "query " + i);
    }
    Tensor values = output(scaled().within(Scope.window(0, 0)), inputs);
    assertTrue(Float.isNaN(values.get(0, 0, 60, 2)));
    assertEquals(inputs.tensor("value").get(0, 0, 60, 3), values.get(0, 0, 60, 3));
  }

  @Test
  void zeroLengthsAreLegal() {
    for (int batch : new int[] {0, 1}) {
      for (int queries : new int[] {0, 2}) {
        for (int keys : new int[] {0, 3}) {
          Result result = run(ENGINE, scaled(), qkv(batch, 2, queries, keys, 8), captures());
          Tensor out = result.output();
          assertEquals(io.github.attention4j.api.Shape.of(batch, 2, queries, 8), out.shape());
          if (keys == 0) {
            for (long i = 0; i < out.shape().elements(); i++) {
              assertEquals(0, out.at(i));
            }
            Tensor lse = result.tensor(Result.LOG_SUM_EXP);
            for (long i = 0; i < lse.shape().elements(); i++) {
              assertEquals(Float.NEGATIVE_INFINITY, lse.at(i));
            }
          }
        }
      }
    }
  }

  @Test
  void largeLogitsAreAsExactAsTheNaiveFormula() {
    for (double scale : new double[] {1, 30}) {
      Inputs inputs =
          Inputs.of(
              normal(scale, 1, 2, 40, 64), normal(scale, 1, 2, 300, 64), normal(1, 1, 2, 300, 64));
      PairwiseFormula exact = new PairwiseFormula(Pairwise.of(Score.dot()), inputs);
      Tensor out = output(Pairwise.of(Score.dot()), inputs);
      double ours = 0;
      double naive = 0;
      for (int h = 0; h < 2; h++) {
        for (int i = 0; i < 40; i++) {
          float[] plain = naive(inputs, h, i);
          for (int c = 0; c < 64; c++) {
            double want = exact.output[0][h][i][c];
            ours += Math.pow(out.get(0, h, i, c) - want, 2);
            naive += Math.pow(plain[c] - want, 2);
          }
        }
      }
      assertTrue(Math.sqrt(ours) <= 2 * Math.sqrt(naive), scale + ": " + ours + " " + naive);
    }
  }

  private static float[] naive(Inputs inputs, int h, int i) {
    float[] s = new float[300];
    float max = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < 300; j++) {
      for (int c = 0; c < 64; c++) {
        s[j] += inputs.tensor("query").get(0, h, i, c) * inputs.tensor("key").get(0, h, j, c);
      }
      max = Math.max(max, s[j]);
    }
    float sum = 0;
    float[] out = new float[64];
    for (int j = 0; j < 300; j++) {
      s[j] = (float) Math.exp(s[j] - max);
      sum += s[j];
    }
    for (int j = 0; j < 300; j++) {
      for (int c = 0; c < 64; c++) {
        out[c] += s[j] / sum * inputs.tensor("value").get(0, h, j, c);
      }
    }
    return out;
  }

  @Test
  void resultsCanBeFilledAgainAndClosingIsFinal() {
    Inputs inputs = qkv(1, 2, 5, 9, 8);
    Attention attention =
        ENGINE.prepare(Request.of(scaled().within(Scope.causal())).capture(captures()));
    Result first = attention.run(inputs);
    float[] before = first.output().toArray();
    Result other = attention.run(qkv(1, 2, 5, 9, 8));
    assertSame(other, attention.run(inputs, other));
    assertArrayEquals(before, other.output().toArray());
    assertEquals(first.arrays(), other.arrays());
    Result small = attention.run(qkv(1, 2, 4, 9, 8));
    assertThrows(IllegalArgumentException.class, () -> attention.run(inputs, small));
    attention.close();
    attention.close();
    assertThrows(IllegalStateException.class, () -> attention.run(inputs));
  }

  @Test
  void wrongShapesAreNamed() {
    Inputs inputs = qkv(1, 2, 5, 9, 8).with("key", normal(1, 1, 2, 9, 7));
    IllegalArgumentException wrong =
        assertThrows(IllegalArgumentException.class, () -> output(scaled(), inputs));
    assertTrue(String.valueOf(wrong.getMessage()).contains("keySize"), wrong.getMessage());
  }
}
