package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Tensor;

/// Exact softmax attention in double precision, of some queries only: what errors are measured
/// against at any length without its square.
final class ExactSoftmax {
  private static final long ROWS = 48;

  private ExactSoftmax() {}

  /// The error of an output against exact scaled dot-product attention: the length of the
  /// difference over the length of the exact output, over queries spread evenly along the sequence.
  ///
  /// @param causal whether the exact attention sees the keys up to the query only
  static double error(Sequence sequence, Tensor output, boolean causal) {
    long n = sequence.length();
    long rows = Math.min(ROWS, n);
    double difference = 0;
    double whole = 0;
    for (long h = 0; h < Sequence.HEADS; h++) {
      for (long r = 0; r < rows; r++) {
        // The middle of each of as many stretches.
        long i = (2 * r + 1) * n / (2 * rows);
        double[] exact = row(sequence, h, i, causal ? i + 1 : n);
        for (int c = 0; c < exact.length; c++) {
          double got = output.at((h * n + i) * Sequence.SIZE + c);
          difference += (got - exact[c]) * (got - exact[c]);
          whole += exact[c] * exact[c];
        }
      }
    }
    return Math.sqrt(difference / whole);
  }

  /** The output of query `i` of head `h` over the first `keys` keys. */
  static double[] row(Sequence sequence, long h, long i, long keys) {
    int size = Sequence.SIZE;
    long head = h * sequence.length() * size;
    double[] scores = new double[Math.toIntExact(keys)];
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < keys; j++) {
      double sum = 0;
      for (int c = 0; c < size; c++) {
        sum +=
            (double) sequence.query().at(head + i * size + c)
                * sequence.key().at(head + (long) j * size + c);
      }
      scores[j] = sum / Math.sqrt(size);
      largest = Math.max(largest, scores[j]);
    }
    double[] output = new double[size];
    double total = 0;
    for (int j = 0; j < keys; j++) {
      double weight = Math.exp(scores[j] - largest);
      total += weight;
      for (int c = 0; c < size; c++) {
        output[c] += weight * sequence.value().at(head + (long) j * size + c);
      }
    }
    for (int c = 0; c < size; c++) {
      output[c] /= total;
    }
    return output;
  }
}
