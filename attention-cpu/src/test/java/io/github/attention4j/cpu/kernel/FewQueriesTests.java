package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
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
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The driver of decoding steps against the formula in float64: sizes beside whole vectors, groups
/// beside four, stretches, scopes, and runs that are bound to their inputs.
final class FewQueriesTests {
  private static final Engine ENGINE = new Engine(Settings.defaults().threads(2));
  private final Random random = new Random(5);

  private Tensor normal(long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextGaussian());
    }
    return array;
  }

  private static Pairwise step() {
    return Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.end());
  }

  private void check(Pairwise mechanism, Inputs inputs) {
    Request request = Request.of(mechanism).capture(Capture.LOG_SUM_EXP);
    assertTrue(
        FewQueriesRun.fits(new PairwisePlan(request), new PairwiseInputs(mechanism, inputs)));
    PairwiseFormula want = new PairwiseFormula(mechanism, inputs);
    try (Attention attention = ENGINE.prepare(request)) {
      Result result = attention.run(inputs);
      Tensor out = result.output();
      Tensor lse = result.tensor(Result.LOG_SUM_EXP);
      for (int b = 0; b < out.shape().intSize(0); b++) {
        for (int h = 0; h < out.shape().intSize(1); h++) {
          for (int i = 0; i < out.shape().intSize(2); i++) {
            double sum = want.logSumExp[b][h][i];
            if (Double.isInfinite(sum)) {
              assertEquals((float) sum, lse.get(b, h, i));
            } else {
              assertEquals(sum, lse.get(b, h, i), 1e-5 * (1 + Math.abs(sum)));
            }
            for (int c = 0; c < out.shape().intSize(3); c++) {
              assertEquals(want.output[b][h][i][c], out.get(b, h, i, c), 4e-6);
            }
          }
        }
      }
    }
  }

  /** Small integers, so every order of sums gives the same; the sizes lie beside all blocks. */
  @Test
  void scoresOfRowsWithGapsBetween() {
    for (int size = 1; size <= 150; size += 7) {
      int keys = 1 + size % 70;
      int step = size + 5;
      Tensor rows = Tensor.allocate(keys * (long) step);
      int stride = Lanes.roundUp(size, Lanes.LENGTH);
      float[] queries = new float[FewQueriesSoftmax.QUERIES * stride];
      float[] want = new float[FewQueriesSoftmax.QUERIES * keys];
      for (int key = 0; key < keys; key++) {
        for (int i = 0; i < size; i++) {
          rows.set(key * (long) step + i, random.nextInt(-8, 9));
        }
      }
      for (int query = 0; query < FewQueriesSoftmax.QUERIES; query++) {
        for (int i = 0; i < size; i++) {
          queries[query * stride + i] = random.nextInt(-8, 9);
        }
        for (int key = 0; key < keys; key++) {
          for (int i = 0; i < size; i++) {
            want[key * FewQueriesSoftmax.QUERIES + query] +=
                rows.at(key * (long) step + i) * queries[query * stride + i];
          }
        }
      }
      int padded = Lanes.roundUp(keys, 4) * FewQueriesSoftmax.QUERIES;
      float[] got = new float[padded];
      float[] block = new float[FewQueriesScores.BLOCK];
      Arrays.fill(block, Float.NaN);
      FewQueriesScores.scores(
          rows.segment(), 0, 4L * step, keys, queries, 0, stride, size, got, 0, block);
      for (int i = 0; i < padded; i++) {
        assertEquals(i < want.length ? want[i] : Float.NEGATIVE_INFINITY, got[i]);
      }
    }
  }

  @Test
  void everySizeAndGroup() {
    for (int size : new int[] {1, 8, 24, 40, 64, 80, 136}) {
      for (int group : new int[] {1, 2, 4}) {
        check(
            step(),
            Inputs.of(
                normal(2, 2L * group, 1, size),
                normal(2, 2, 70, size),
                normal(2, 2, 70, size + 3L)));
      }
    }
  }

  @Test
  void everyLength() {
    for (int keys : new int[] {0, 1, 2, 3, 5, 63, 64, 65, 511, 513, 1500}) {
      check(
          Pairwise.of(Score.scaledDot()),
          Inputs.of(normal(1, 2, 1, 16), normal(1, 1, keys, 16), normal(1, 1, keys, 128)));
    }
    check(
        Pairwise.of(Score.dot()),
        Inputs.of(normal(1, 2, 3, 16), normal(1, 1, 300, 16), normal(1, 1, 300, 20)));
  }

  @Test
  void scopes() {
    Inputs inputs = Inputs.of(normal(2, 4, 1, 32), normal(2, 2, 900, 32), normal(2, 2, 900, 32));
    check(step().within(Scope.window(600, 0)), inputs);
    check(step().within(Scope.window(3, 0).or(new Scope.Strided(9))), inputs);
    check(
        step().within(Scope.lengths()),
        inputs.with(Inputs.LENGTHS, LongTensor.of(new long[] {517, 0}, 2)));
    // Two queries see different keys: the other driver takes over.
    check(step(), Inputs.of(normal(1, 2, 2, 32), normal(1, 2, 200, 32), normal(1, 2, 200, 32)));
  }

  @Test
  void nanOutOfReachStaysThere() {
    Inputs clean = Inputs.of(normal(1, 4, 1, 32), normal(1, 2, 700, 32), normal(1, 2, 700, 32));
    Pairwise mechanism = step().within(Scope.window(99, 0));
    try (Attention attention = ENGINE.prepare(Request.of(mechanism))) {
      Tensor want = attention.run(clean).output();
      Inputs dirty =
          clean
              .with(Inputs.KEY, Tensor.of(clean.tensor(Inputs.KEY).toArray(), 1, 2, 700, 32))
              .with(Inputs.VALUE, Tensor.of(clean.tensor(Inputs.VALUE).toArray(), 1, 2, 700, 32));
      for (int key = 0; key < 600; key++) {
        dirty.tensor(Inputs.KEY).set(key * 32L, Float.NaN);
        dirty.tensor(Inputs.VALUE).set((700 + key) * 32L + 1, Float.POSITIVE_INFINITY);
      }
      assertEquals(want, attention.run(dirty).output());
    }
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    Inputs inputs = Inputs.of(normal(2, 8, 1, 64), normal(2, 2, 3000, 64), normal(2, 2, 3000, 64));
    Tensor one =
        new Engine(Settings.defaults().threads(1)).prepare(Request.of(step())).run(inputs).output();
    for (int threads : new int[] {2, 3, 8}) {
      Engine engine = new Engine(Settings.defaults().threads(threads));
      assertEquals(one, engine.prepare(Request.of(step())).run(inputs).output());
    }
  }

  @Test
  void aRunBoundToItsInputsReadsThemAnew() {
    for (int queries : new int[] {1, 40}) {
      for (Scope scope : List.of(Scope.causal(), Scope.causal().and(Scope.lengths()))) {
        Inputs inputs =
            Inputs.of(normal(1, 2, queries, 16), normal(1, 2, 90, 16), normal(1, 2, 90, 16))
                .with(Inputs.LENGTHS, LongTensor.of(new long[] {80}, 1));
        Request request = Request.of(step().within(scope));
        try (Attention attention = ENGINE.prepare(request);
            Attention fresh = ENGINE.prepare(request)) {
          Result result = attention.run(inputs);
          assertSame(result, attention.run(inputs, result));
          Tensor before = Tensor.of(result.output().toArray(), 1, 2, queries, 16);
          inputs.tensor(Inputs.VALUE).set(70 * 16L, 1000f);
          inputs.tensor(Inputs.QUERY).set(0, 7f);
          inputs.longs(Inputs.LENGTHS).set(0, 77);
          assertSame(result, attention.run(inputs, result));
          assertNotEquals(before, result.output());
          assertEquals(fresh.run(inputs).output(), result.output());
        }
      }
    }
  }
}
