package io.github.attention4j.cpu.structure;

import java.util.Arrays;

/// [ProjectiveTrees] with sums of products instead of logarithms, as long as all of them stay in
/// the middle of what a double can hold: the same chart, a hundred times as fast.
///
/// The arcs of a word may be divided by any number, which changes no marginal. Rows of the chart
/// are made from the last word to the first; a word's number is chosen when its row is made, so
/// that the largest span that holds the word is 1. Products of two spans can then neither overflow
/// nor lose anything as long as each is between [#SMALLEST] and its inverse; where one is not, the
/// logarithms have to do.
///
/// Each row is a sum of rows below it, so the inner loops run along arrays. The outside pass is the
/// derivative of the same loops. Keeps its arrays between calls; to be used by one thread.
public final class ScaledProjectiveTrees implements TreeMarginals {
  private static final double SMALLEST = 1e-140;

  private final boolean singleRoot;
  private final TreeMarginals logarithms;
  private final Words words = new Words();
  private int n;
  private int first;

  /** Weights of arcs, by word and head. */
  private double[][] arcs = new double[0][];

  /// Spans from `i` to `j`, `[i][j]`; right: the head is `i`, left: the head is `j`. Open ones have
  /// an arc from end to end.
  private double[][] halves = new double[0][];

  private double[][] openRight = halves;
  private double[][] openLeft = halves;
  private double[][] right = halves;
  private double[][] left = halves;

  /// Derivatives of the logarithm of the sum over all trees.
  private double[][] slopeHalves = halves;

  private double[][] slopeOpenRight = halves;
  private double[][] slopeOpenLeft = halves;
  private double[][] slopeRight = halves;
  private double[][] slopeLeft = halves;

  /// Trees with exactly one word on the root symbol, or with any number of them.
  public ScaledProjectiveTrees(boolean singleRoot) {
    this.singleRoot = singleRoot;
    logarithms = new ProjectiveTrees(singleRoot);
  }

  @Override
  public double weigh(double[][] scores, double[][] weights) {
    for (double[] row : weights) {
      Arrays.fill(row, 0);
    }
    words.read(scores);
    n = words.count();
    // With a single root the words have a chart of their own, and the root symbol picks one.
    first = singleRoot ? 1 : 0;
    if (n == 0) {
      return LogSpace.ZERO;
    }
    reserve();
    double shift = words.weights(arcs, SMALLEST);
    shift += inside();
    double sum = singleRoot ? roots() : right[0][n];
    if (Double.isNaN(shift) || !(sum == 0 || usable(sum))) {
      return logarithms.weigh(scores, weights);
    }
    if (sum == 0) {
      return LogSpace.ZERO;
    }
    outside(sum);
    for (int m = 1; m <= n; m++) {
      double[] row = weights[words.rows[m - 1]];
      for (int h = first; h <= n; h++) {
        if (h != m) {
          row[words.head(h)] =
              h < m ? openRight[h][m] * slopeOpenRight[h][m] : openLeft[m][h] * slopeOpenLeft[m][h];
        }
      }
      if (singleRoot) {
        row[0] = rooted(m) / sum;
      }
    }
    return Math.log(sum) + shift;
  }

  private void reserve() {
    if (arcs.length != n) {
      arcs = new double[n][n + 1];
      halves = new double[n + 1][n + 1];
      openRight = new double[n + 1][n + 1];
      openLeft = new double[n + 1][n + 1];
      right = new double[n + 1][n + 1];
      left = new double[n + 1][n + 1];
      slopeHalves = new double[n + 1][n + 1];
      slopeOpenRight = new double[n + 1][n + 1];
      slopeOpenLeft = new double[n + 1][n + 1];
      slopeRight = new double[n + 1][n + 1];
      slopeLeft = new double[n + 1][n + 1];
    }
  }

  private static boolean usable(double value) {
    return value >= SMALLEST && value <= 1 / SMALLEST;
  }

  /// Makes the chart; the logarithm of what it was divided by, NaN if it is out of range.
  private double inside() {
    double shift = 0;
    for (int i = n; i >= first; i--) {
      Arrays.fill(halves[i], 0);
      Arrays.fill(right[i], 0);
      Arrays.fill(left[i], 0);
      right[i][i] = 1;
      left[i][i] = 1;
      if (i < n) {
        add(halves[i], 1, left[i + 1], i + 1);
      }
      double largest = 0;
      for (int k = i + 1; k <= n; k++) {
        openRight[i][k] = halves[i][k] * arcs[k - 1][i];
        openLeft[i][k] = i == 0 ? 0 : halves[i][k] * arcs[i - 1][k];
        add(right[i], openRight[i][k], right[k], k);
        left[i][k] += openLeft[i][k];
        add(left[i], left[i][k], openLeft[k], k + 1);
        if (k < n) {
          add(halves[i], right[i][k], left[k + 1], k + 1);
        }
        largest = Math.max(largest, left[i][k]);
      }
      double factor = largest == 0 ? 1 : 1 / largest;
      shift -= Math.log(factor);
      for (int k = i + 1; k <= n; k++) {
        left[i][k] *= factor;
        openLeft[i][k] *= factor;
      }
      for (int h = 0; i > 0 && h <= n; h++) {
        arcs[i - 1][h] *= factor;
      }
      if (!inRange(i)) {
        return Double.NaN;
      }
    }
    return shift;
  }

  private boolean inRange(int i) {
    return usable(halves[i], i + 1)
        && usable(openRight[i], i + 1)
        && usable(openLeft[i], i + 1)
        && usable(right[i], i + 1)
        && usable(left[i], i + 1)
        && (i == 0 || usable(arcs[i - 1], 0));
  }

  /** Whether all numbers of a row are, or 0. */
  private static boolean usable(double[] row, int from) {
    for (int j = from; j < row.length; j++) {
      if (!usable(row[j]) && row[j] != 0) {
        return false;
      }
    }
    return true;
  }

  private double roots() {
    double sum = 0;
    for (int k = 1; k <= n; k++) {
      sum += rooted(k);
    }
    return sum;
  }

  private double rooted(int k) {
    return left[1][k] * right[k][n] * arcs[k - 1][0];
  }

  /// The derivatives, through the loops of [#inside] backwards.
  private void outside(double sum) {
    for (int i = first; i <= n; i++) {
      Arrays.fill(slopeRight[i], 0);
      Arrays.fill(slopeLeft[i], 0);
      Arrays.fill(slopeHalves[i], 0);
      Arrays.fill(slopeOpenRight[i], 0);
      Arrays.fill(slopeOpenLeft[i], 0);
    }
    if (singleRoot) {
      for (int k = 1; k <= n; k++) {
        slopeLeft[1][k] = right[k][n] * arcs[k - 1][0] / sum;
        slopeRight[k][n] += left[1][k] * arcs[k - 1][0] / sum;
      }
    } else {
      slopeRight[0][n] = 1 / sum;
    }
    for (int i = first; i <= n; i++) {
      for (int k = n; k > i; k--) {
        if (k < n) {
          slopeRight[i][k] += product(slopeHalves[i], left[k + 1], k + 1);
          add(slopeLeft[k + 1], right[i][k], slopeHalves[i], k + 1);
        }
        slopeLeft[i][k] += product(slopeLeft[i], openLeft[k], k + 1);
        add(slopeOpenLeft[k], left[i][k], slopeLeft[i], k + 1);
        slopeOpenLeft[i][k] += slopeLeft[i][k];
        slopeOpenRight[i][k] = product(slopeRight[i], right[k], k);
        add(slopeRight[k], openRight[i][k], slopeRight[i], k);
        slopeHalves[i][k] =
            slopeOpenRight[i][k] * arcs[k - 1][i]
                + (i == 0 ? 0 : slopeOpenLeft[i][k] * arcs[i - 1][k]);
      }
      if (i < n) {
        add(slopeLeft[i + 1], 1, slopeHalves[i], i + 1);
      }
    }
  }

  private void add(double[] sum, double factor, double[] row, int from) {
    for (int j = from; j <= n; j++) {
      sum[j] += factor * row[j];
    }
  }

  /// In four sums, each of which would wait for its own addition.
  private double product(double[] a, double[] b, int from) {
    double sum = 0;
    double sum2 = 0;
    double sum3 = 0;
    double sum4 = 0;
    int j = from;
    for (; j + 3 <= n; j += 4) {
      sum += a[j] * b[j];
      sum2 += a[j + 1] * b[j + 1];
      sum3 += a[j + 2] * b[j + 2];
      sum4 += a[j + 3] * b[j + 3];
    }
    for (; j <= n; j++) {
      sum += a[j] * b[j];
    }
    return sum + sum2 + (sum3 + sum4);
  }
}
