package io.github.attention4j.cpu.reference;

import java.util.Arrays;

/// The mappings onto the simplex that give exact zeros, by sorting.
final class SparseRows {
  private SparseRows() {}

  /// [Normalizer.Sparsemax] in place: algorithm 1 of Martins & Astudillo.
  static void sparsemax(double[] scores) {
    double[] sorted = descending(scores);
    double largest = sorted.length == 0 ? 0 : sorted[0];
    double sum = 0;
    double threshold = 0;
    for (int k = 1; k <= sorted.length; k++) {
      double z = sorted[k - 1] - largest;
      sum += z;
      if (1 + k * z > sum) {
        threshold = (sum - 1) / k;
      }
    }
    for (int j = 0; j < scores.length; j++) {
      scores[j] =
          scores[j] == Double.NEGATIVE_INFINITY ? 0 : Math.max(scores[j] - largest - threshold, 0);
    }
  }

  /// [Normalizer.Entmax15] in place: algorithm 2 of Peters, Niculae & Martins.
  static void entmax15(double[] scores) {
    double[] sorted = descending(scores);
    double largest = sorted.length == 0 ? 0 : sorted[0];
    double sum = 0;
    double squares = 0;
    double threshold = 0;
    for (int k = 1; k <= sorted.length; k++) {
      double z = (sorted[k - 1] - largest) / 2;
      sum += z;
      squares += z * z;
      double mean = sum / k;
      double spread = squares - k * mean * mean;
      double candidate = mean - Math.sqrt(Math.max((1 - spread) / k, 0));
      if (candidate <= z) {
        threshold = candidate;
      }
    }
    for (int j = 0; j < scores.length; j++) {
      double excess =
          scores[j] == Double.NEGATIVE_INFINITY
              ? 0
              : Math.max((scores[j] - largest) / 2 - threshold, 0);
      scores[j] = excess * excess;
    }
  }

  /// The scores of keys that are there, the largest first.
  private static double[] descending(double[] scores) {
    double[] sorted =
        Arrays.stream(scores)
            .filter(s -> s != Double.NEGATIVE_INFINITY)
            .map(s -> -s)
            .sorted()
            .toArray();
    for (int k = 0; k < sorted.length; k++) {
      sorted[k] = -sorted[k];
    }
    return sorted;
  }
}
