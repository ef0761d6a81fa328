package io.github.attention4j.cpu.structure;

import java.util.Arrays;

/// All dependency trees without crossing arcs, by Eisner's inside-outside algorithm (1996),
/// $O(n^3)$.
///
/// Spans are complete (a head and all its dependants on one side) or open (an arc spans them).
/// Inside sums run from short spans to long ones; the outside pass is their derivative, taken
/// backwards: each sum hands its own probability on to its terms by their shares.
public final class ProjectiveTrees implements TreeMarginals {
  private final boolean singleRoot;

  /// Trees with exactly one word on the root symbol, or with any number of them.
  public ProjectiveTrees(boolean singleRoot) {
    this.singleRoot = singleRoot;
  }

  @Override
  public double weigh(double[][] scores, double[][] weights) {
    for (double[] row : weights) {
      Arrays.fill(row, 0);
    }
    Words words = Words.of(scores);
    int n = words.count();
    if (n == 0) {
      return LogSpace.ZERO;
    }
    Chart chart = new Chart(words.score, singleRoot);
    double logPartition = chart.inside();
    if (logPartition != LogSpace.ZERO) {
      chart.outside(logPartition);
      for (int m = 1; m <= n; m++) {
        for (int h = 0; h <= n; h++) {
          double probability = h < m ? chart.arcRight[h][m] : h > m ? chart.arcLeft[m][h] : 0;
          weights[words.rows[m - 1]][words.head(h)] = probability;
        }
      }
    }
    return logPartition;
  }

  /// Spans from `i` to `j`; right: the head is `i`, left: the head is `j`.
  private static final class Chart {
    private final int n;
    private final int first;
    private final double[][] score;
    private final double[][] openRight;
    private final double[][] openLeft;
    private final double[][] right;
    private final double[][] left;

    // Probabilities of the same spans; those of open spans are the marginals of the arcs.
    final double[][] arcRight;
    final double[][] arcLeft;
    private final double[][] outRight;
    private final double[][] outLeft;

    Chart(double[][] score, boolean singleRoot) {
      n = score.length;
      // With a single root the words have a chart of their own, and the root symbol picks one.
      first = singleRoot ? 1 : 0;
      this.score = score;
      openRight = table(LogSpace.ZERO);
      openLeft = table(LogSpace.ZERO);
      right = table(LogSpace.ZERO);
      left = table(LogSpace.ZERO);
      arcRight = table(0);
      arcLeft = table(0);
      outRight = table(0);
      outLeft = table(0);
    }

    private double[][] table(double value) {
      double[][] table = new double[n + 1][n + 1];
      for (double[] row : table) {
        Arrays.fill(row, value);
      }
      return table;
    }

    double inside() {
      for (int i = first; i <= n; i++) {
        right[i][i] = 0;
        left[i][i] = 0;
      }
      for (int width = 1; first + width <= n; width++) {
        for (int i = first, j = first + width; j <= n; i++, j++) {
          double halves = halves(i, j);
          openRight[i][j] = halves + score[j - 1][i];
          openLeft[i][j] = i == 0 ? LogSpace.ZERO : halves + score[i - 1][j];
          for (int k = i + 1; k <= j; k++) {
            right[i][j] = LogSpace.add(right[i][j], openRight[i][k] + right[k][j]);
          }
          for (int k = i; k < j; k++) {
            left[i][j] = LogSpace.add(left[i][j], left[i][k] + openLeft[k][j]);
          }
        }
      }
      if (first == 0) {
        return right[0][n];
      }
      double sum = LogSpace.ZERO;
      for (int k = 1; k <= n; k++) {
        sum = LogSpace.add(sum, rooted(k));
      }
      return sum;
    }

    private double halves(int i, int j) {
      double sum = LogSpace.ZERO;
      for (int k = i; k < j; k++) {
        sum = LogSpace.add(sum, right[i][k] + left[k + 1][j]);
      }
      return sum;
    }

    private double rooted(int k) {
      return left[1][k] + right[k][n] + score[k - 1][0];
    }

    void outside(double logPartition) {
      if (first == 0) {
        outRight[0][n] = 1;
      } else {
        for (int k = 1; k <= n; k++) {
          double probability = LogSpace.share(rooted(k), logPartition);
          arcRight[0][k] = probability;
          outLeft[1][k] += probability;
          outRight[k][n] += probability;
        }
      }
      for (int width = n - first; width >= 1; width--) {
        for (int i = first, j = first + width; j <= n; i++, j++) {
          spread(i, j);
        }
      }
    }

    /// Hands the probability of the spans from `i` to `j` on to their parts.
    private void spread(int i, int j) {
      if (outRight[i][j] > 0) {
        for (int k = i + 1; k <= j; k++) {
          double part = outRight[i][j] * LogSpace.share(openRight[i][k] + right[k][j], right[i][j]);
          arcRight[i][k] += part;
          outRight[k][j] += part;
        }
      }
      if (outLeft[i][j] > 0) {
        for (int k = i; k < j; k++) {
          double part = outLeft[i][j] * LogSpace.share(left[i][k] + openLeft[k][j], left[i][j]);
          outLeft[i][k] += part;
          arcLeft[k][j] += part;
        }
      }
      double open = arcRight[i][j] + arcLeft[i][j];
      if (open > 0) {
        double halves = halves(i, j);
        for (int k = i; k < j; k++) {
          double part = open * LogSpace.share(right[i][k] + left[k + 1][j], halves);
          outRight[i][k] += part;
          outLeft[k + 1][j] += part;
        }
      }
    }
  }
}
