package io.github.attention4j.cpu.structure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Both tree algorithms, with logarithms and without, against the sum over all trees.
final class TreeTests {
  private static final double NONE = Double.NEGATIVE_INFINITY;

  private static TreeMarginals trees(boolean projective, boolean singleRoot) {
    return projective ? new ProjectiveTrees(singleRoot) : new NonProjectiveTrees(singleRoot);
  }

  private static TreeMarginals scaled(boolean projective, boolean singleRoot) {
    return projective
        ? new ScaledProjectiveTrees(singleRoot)
        : new ScaledNonProjectiveTrees(singleRoot);
  }

  @Test
  void twoWordsByHand() {
    // Trees: both on the root (weight 1 * 1), 1 on the root and 2 on 1 (1 * 3), 2 on the root and 1
    // on 2 (1 * 1).
    double[][] scores = {{0, NONE, 0}, {0, Math.log(3), NONE}};
    double[][] weights = new double[2][3];
    for (boolean projective : new boolean[] {false, true}) {
      assertEquals(Math.log(5), trees(projective, false).weigh(scores, weights), 1e-14);
      assertArrayEquals(new double[] {0.8, 0, 0.2}, weights[0], 1e-14);
      assertArrayEquals(new double[] {0.4, 0.6, 0}, weights[1], 1e-14);
      assertEquals(Math.log(4), trees(projective, true).weigh(scores, weights), 1e-14);
      assertArrayEquals(new double[] {0.75, 0, 0.25}, weights[0], 1e-14);
      assertArrayEquals(new double[] {0.25, 0.75, 0}, weights[1], 1e-14);
    }
  }

  @Test
  void everyTreeIsCountedOnce() {
    Random random = new Random(3);
    for (int n = 1; n <= 5; n++) {
      for (int round = 0; round < 12; round++) {
        double[][] scores = new double[n][n + 1];
        for (double[] row : scores) {
          Arrays.setAll(row, _ -> random.nextInt(4) == 0 ? NONE : 3 * random.nextGaussian());
        }
        checkAll(scores);
      }
    }
  }

  @Test
  void hugeScoresKeepSmallProbabilities() {
    // The best arcs form a cycle: every tree has to leave it, at a price beyond what float64 can
    // add to 1.
    double[][] scores = {{-900, NONE, 700, 3}, {-1000, 800, NONE, 2}, {-905, 1, 0, NONE}};
    checkAll(scores);
  }

  /// Sentences one after the other in the same arrays, from scores that are all the same to ones
  /// that only logarithms can hold.
  @Test
  void withAndWithoutLogarithmsAgree() {
    Random random = new Random(4);
    for (boolean projective : new boolean[] {false, true}) {
      for (boolean singleRoot : new boolean[] {false, true}) {
        TreeMarginals scaled = scaled(projective, singleRoot);
        TreeMarginals logarithms = trees(projective, singleRoot);
        for (int n : new int[] {60, 1, 7, 60, 33}) {
          for (double deviation : new double[] {0, 1, 5, 30, 400}) {
            double[][] scores = new double[n][n + 1];
            for (double[] row : scores) {
              Arrays.setAll(
                  row, _ -> random.nextInt(6) == 0 ? NONE : deviation * random.nextGaussian());
            }
            double[][] expected = new double[n][n + 1];
            double[][] actual = new double[n][n + 1];
            double logPartition = logarithms.weigh(scores, expected);
            String name = projective + " " + singleRoot + " " + n + " " + deviation;
            assertEquals(
                logPartition,
                scaled.weigh(scores, actual),
                1e-11 * (1 + Math.abs(logPartition)),
                name);
            for (int m = 0; m < n; m++) {
              assertArrayEquals(expected[m], actual[m], 1e-9, name);
            }
          }
        }
      }
    }
  }

  @Test
  void paddedWordsDoNotExist() {
    double[][] scores = {{0, NONE, 1, 5}, {1, 0, NONE, 7}, {NONE, NONE, NONE, 9}};
    checkAll(scores);
  }

  private static void checkAll(double[][] scores) {
    for (boolean projective : new boolean[] {false, true}) {
      for (boolean singleRoot : new boolean[] {false, true}) {
        int n = scores.length;
        double[][] logs = new double[n][n + 1];
        Arrays.stream(logs).forEach(row -> Arrays.fill(row, NONE));
        double logPartition = enumerate(scores, projective, singleRoot, logs);
        String name = (projective ? "projective" : "any") + (singleRoot ? ", one root" : "");
        for (TreeMarginals trees :
            new TreeMarginals[] {trees(projective, singleRoot), scaled(projective, singleRoot)}) {
          double[][] weights = new double[n][n + 1];
          double actual = trees.weigh(scores, weights);
          assertEquals(logPartition, actual, 1e-10 * (1 + Math.abs(logPartition)), name);
          for (int m = 0; m < n; m++) {
            for (int h = 0; h <= n; h++) {
              double expected = logPartition == NONE ? 0 : LogSpace.share(logs[m][h], logPartition);
              assertEquals(expected, weights[m][h], 1e-10, name + " " + m + " " + h);
            }
          }
        }
      }
    }
  }

  private static double enumerate(
      double[][] scores, boolean projective, boolean singleRoot, double[][] logs) {
    int n = scores.length;
    boolean[] exists = new boolean[n];
    int words = 0;
    for (int m = 0; m < n; m++) {
      for (int h = 0; h <= n; h++) {
        exists[m] |= h != m + 1 && scores[m][h] != NONE;
      }
      words += exists[m] ? 1 : 0;
    }
    double sum = NONE;
    int[] heads = new int[n];
    for (long code = 0; words > 0 && code < Math.round(Math.pow(n + 1, n)); code++) {
      long rest = code;
      double energy = 0;
      for (int m = 0; m < n; m++) {
        heads[m] = (int) (rest % (n + 1));
        rest /= n + 1;
        if (exists[m]) {
          boolean allowed = heads[m] != m + 1 && (heads[m] == 0 || exists[heads[m] - 1]);
          energy += allowed ? scores[m][heads[m]] : NONE;
        } else if (heads[m] != 0) {
          energy = NONE;
        }
      }
      if (energy == NONE || !isTree(heads, exists, projective, singleRoot)) {
        continue;
      }
      sum = LogSpace.add(sum, energy);
      for (int m = 0; m < n; m++) {
        if (exists[m]) {
          logs[m][heads[m]] = LogSpace.add(logs[m][heads[m]], energy);
        }
      }
    }
    return sum;
  }

  private static boolean isTree(
      int[] heads, boolean[] exists, boolean projective, boolean singleRoot) {
    int roots = 0;
    for (int m = 1; m <= heads.length; m++) {
      if (!exists[m - 1]) {
        continue;
      }
      roots += heads[m - 1] == 0 ? 1 : 0;
      int steps = 0;
      for (int at = m; at != 0; at = heads[at - 1]) {
        if (steps++ > heads.length) {
          return false;
        }
      }
      for (int other = 1; projective && other <= heads.length; other++) {
        if (exists[other - 1] && crosses(m, heads[m - 1], other, heads[other - 1])) {
          return false;
        }
      }
    }
    return !singleRoot || roots == 1;
  }

  private static boolean crosses(int a, int b, int c, int d) {
    int low = Math.min(a, b);
    int high = Math.max(a, b);
    int from = Math.min(c, d);
    int to = Math.max(c, d);
    return low < from && from < high && high < to;
  }
}
