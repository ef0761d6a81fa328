package io.github.attention4j.cpu.structure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Forward-backward against the sum over all labelings.
final class ChainTests {
  private static final float[] TRANSITIONS = {0.3f, -1f, 0.5f, 2f};

  @Test
  void oneKeyIsALogisticFunction() {
    double[] weights = new double[1];
    double logPartition =
        new Chain(new Normalizer.ChainCrf(Tensor.of(TRANSITIONS, 2, 2)))
            .weigh(0, new double[] {Math.log(3)}, weights);
    assertEquals(0.75, weights[0], 1e-15);
    assertEquals(Math.log(4), logPartition, 1e-15);
  }

  @Test
  void allLabelingsSumToThePartition() {
    Random random = new Random(1);
    for (int n = 1; n <= 10; n++) {
      double[] scores = random.doubles(n, -4, 4).toArray();
      check(scores, 1);
      if (n > 1) {
        scores[random.nextInt(n)] = Double.NEGATIVE_INFINITY;
        check(scores, 1);
      }
    }
  }

  @Test
  void largePotentialsNeitherOverflowNorVanish() {
    check(new double[] {300, -800, 900, -1000, 50, 2000}, 200);
  }

  @Test
  void withoutKeysThereIsNothing() {
    double[] weights = {7, 7};
    double none = Double.NEGATIVE_INFINITY;
    assertEquals(
        none,
        new Chain(new Normalizer.ChainCrf(Tensor.of(TRANSITIONS, 2, 2)))
            .weigh(0, new double[] {none, none}, weights));
    assertArrayEquals(new double[2], weights);
  }

  private static void check(double[] scores, float factor) {
    float[] t = new float[4];
    for (int i = 0; i < 4; i++) {
      t[i] = factor * TRANSITIONS[i];
    }
    int[] keys =
        java.util.stream.IntStream.range(0, scores.length)
            .filter(j -> scores[j] != Double.NEGATIVE_INFINITY)
            .toArray();
    double logPartition = LogSpace.ZERO;
    double[] logOn = new double[scores.length];
    double[] logPairs = new double[4 * Math.max(scores.length - 1, 0)];
    java.util.Arrays.fill(logOn, LogSpace.ZERO);
    java.util.Arrays.fill(logPairs, LogSpace.ZERO);
    for (int labels = 0; labels < 1 << keys.length; labels++) {
      double energy = 0;
      for (int j = 0; j < keys.length; j++) {
        energy += (labels >> j & 1) * scores[keys[j]];
        if (j > 0) {
          energy += t[2 * (labels >> (j - 1) & 1) + (labels >> j & 1)];
        }
      }
      logPartition = LogSpace.add(logPartition, energy);
      for (int j = 0; j < keys.length; j++) {
        if ((labels >> j & 1) == 1) {
          logOn[keys[j]] = LogSpace.add(logOn[keys[j]], energy);
        }
        if (j + 1 < keys.length) {
          int at = 4 * keys[j] + 2 * (labels >> j & 1) + (labels >> (j + 1) & 1);
          logPairs[at] = LogSpace.add(logPairs[at], energy);
        }
      }
    }
    Chain chain = new Chain(new Normalizer.ChainCrf(Tensor.of(t, 2, 2)));
    double[] weights = new double[scores.length];
    assertEquals(logPartition, chain.weigh(0, scores, weights), 1e-9);
    double[] pairs = new double[logPairs.length];
    chain.pairs(0, pairs);
    for (int j = 0; j < scores.length; j++) {
      assertEquals(LogSpace.share(logOn[j], logPartition), weights[j], 1e-12);
    }
    for (int i = 0; i < pairs.length; i++) {
      assertEquals(LogSpace.share(logPairs[i], logPartition), pairs[i], 1e-12);
    }
  }
}
