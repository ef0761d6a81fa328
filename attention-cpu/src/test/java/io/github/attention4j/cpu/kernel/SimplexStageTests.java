package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Sparse mappings by hand and by what defines them.
final class SimplexStageTests {
  private static final float NONE = Float.NEGATIVE_INFINITY;

  /** The weights of one row, which is put into every lane, of two vectors. */
  private static float[] weights(boolean entmax, float... row) {
    int width = 2 * Lanes.LENGTH;
    float[] s = new float[row.length * width];
    for (int j = 0; j < row.length; j++) {
      Arrays.fill(s, j * width, (j + 1) * width, row[j]);
    }
    float[] p = new float[s.length];
    if (entmax) {
      SimplexStage.entmax15(s, p, row.length, 2);
    } else {
      SimplexStage.sparsemax(s, p, row.length, 2);
    }
    float[] first = new float[row.length];
    for (int j = 0; j < row.length; j++) {
      first[j] = p[j * width];
      for (int lane = 0; lane < width; lane++) {
        assertEquals(first[j], p[j * width + lane]);
      }
    }
    return first;
  }

  @Test
  void sparsemaxByHand() {
    // Two scores 0.5 apart share 1: (1 + 0.5) / 2 and (1 - 0.5) / 2; the third is too far below.
    assertArrayEquals(
        new float[] {0.75f, 0.25f, 0f, 0f}, weights(false, 1f, 0.5f, -3f, NONE), 1e-7f);
  }

  @Test
  void entmaxOfTwoByHand() {
    // With z = 0 and -d: tau = -d/2 - sqrt((2 - d^2)/4)... at d = 0 both are 1/2, from d = 1 on
    // (scores 2 apart) one is all.
    assertArrayEquals(new float[] {0.5f, 0.5f}, weights(true, 3f, 3f), 1e-7f);
    assertArrayEquals(new float[] {1f, 0f}, weights(true, 3f, 1f), 1e-7f);
  }

  @Test
  void equalScoresShareAlike() {
    for (int n : new int[] {1, 3, 1000, 65_536}) {
      float[] row = new float[n];
      for (boolean entmax : new boolean[] {false, true}) {
        for (float weight : weights(entmax, row)) {
          // Two levels of sums, each in two halves: the roundings of about twice the root of n.
          assertEquals(1f / n, weight, (2 + Math.sqrt(n) / 8) * 1e-7f / n);
        }
      }
    }
  }

  @Test
  void rowsSumToOneAndShiftingChangesNothing() {
    Random random = new Random(5);
    for (int n = 1; n < 200; n += 13) {
      float[] s = new float[n];
      float[] t = new float[n];
      for (int j = 0; j < n; j++) {
        s[j] = random.nextInt(64) / 16f;
        t[j] = s[j] + 1024;
      }
      for (boolean entmax : new boolean[] {false, true}) {
        float[] p = weights(entmax, s);
        assertArrayEquals(p, weights(entmax, t));
        double sum = 0;
        for (float weight : p) {
          sum += weight;
        }
        assertEquals(1, sum, 1e-6);
      }
    }
  }

  /// $p_j = \max(z_j - \tau, 0)^{1 / (\alpha - 1)}$ with one $\tau$ for all of a row, whatever is
  /// in the other lanes.
  @Test
  void lanesHaveThresholdsOfTheirOwn() {
    Random random = new Random(6);
    int width = 2 * Lanes.LENGTH;
    int keys = 301;
    float[] s = new float[keys * width];
    for (int i = 0; i < s.length; i++) {
      int lane = i % width;
      s[i] = random.nextInt(9) == 0 ? NONE : (float) random.nextGaussian() * (lane + 1) / 4;
    }
    float[] p = new float[s.length];
    SimplexStage.sparsemax(s, p, keys, 2);
    check(s, p, width, false);
    SimplexStage.entmax15(s, p, keys, 2);
    check(s, p, width, true);
  }

  private static void check(float[] s, float[] p, int width, boolean entmax) {
    for (int lane = 0; lane < width; lane++) {
      double threshold = Double.NaN;
      double sum = 0;
      for (int i = lane; i < s.length; i += width) {
        sum += p[i];
        if (p[i] > 0) {
          threshold = entmax ? s[i] / 2 - Math.sqrt(p[i]) : (double) s[i] - p[i];
        }
      }
      assertEquals(1, sum, 1e-6);
      for (int i = lane; i < s.length; i += width) {
        double z = entmax ? s[i] / 2 : s[i];
        double excess = Math.max(z - threshold, 0);
        assertEquals(entmax ? excess * excess : excess, p[i], 2e-6 * (1 + Math.abs(z)));
      }
    }
  }

  @Test
  void nothingThereStaysZeroAndNanIsAllThereIs() {
    for (boolean entmax : new boolean[] {false, true}) {
      assertArrayEquals(new float[2], weights(entmax, NONE, NONE));
      float[] p = weights(entmax, 1f, Float.NaN, NONE);
      assertTrue(Float.isNaN(p[0]) && Float.isNaN(p[1]));
      assertEquals(0f, p[2]);
    }
  }
}
