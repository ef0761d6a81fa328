package io.github.attention4j.viz.report;

import io.github.attention4j.viz.analysis.HeadWeights;

/// How one head is stored: `weight ≈ max (code / steps)²`, the square root so that small weights
/// keep their differences.
///
/// @param max the head's largest weight
/// @param steps the largest code; up to 255 a code takes one byte, else two, little-endian
/// @param error the largest difference between a weight and what is stored
record Quantised(float max, int steps, double error) {
  static final int TWO_BYTES = 65_535;
  static final int ONE_BYTE = 255;
  private static final int COARSEST = 15;

  /// The finest way to store a head in about so many bytes after compression.
  static Quantised within(HeadWeights head, double bytes) {
    float max = largest(head);
    long cells = (long) head.queries() * head.keys();
    if (2.0 * cells <= bytes) {
      return measured(head, max, TWO_BYTES);
    }
    int steps = ONE_BYTE;
    while (steps > COARSEST && entropy(head, max, steps) * cells / 8 > bytes) {
      steps /= 2;
    }
    return measured(head, max, steps);
  }

  int codeBytes() {
    return steps > ONE_BYTE ? 2 : 1;
  }

  /// The codes of one row.
  ///
  /// @return the number of bytes written
  int encode(float[] row, byte[] into, int at) {
    int position = at;
    for (float weight : row) {
      int code = code(weight, max, steps);
      into[position++] = (byte) code;
      if (steps > ONE_BYTE) {
        into[position++] = (byte) (code >> 8);
      }
    }
    return position - at;
  }

  private static int code(float weight, float max, int steps) {
    return weight > 0 ? Math.min(steps, (int) (Math.sqrt(weight / max) * steps + 0.5)) : 0;
  }

  /// What a code stands for.
  static double decode(int code, float max, int steps) {
    double share = (double) code / steps;
    return max * share * share;
  }

  private static float largest(HeadWeights head) {
    float[] row = new float[head.keys()];
    float max = 0;
    for (int query = 0; query < head.queries(); query++) {
      head.row(query, row);
      for (float weight : row) {
        if (!(weight >= 0 && weight < Float.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException(
              "weights: expected finite numbers >= 0, got " + weight);
        }
        max = Math.max(max, weight);
      }
    }
    return max;
  }

  private static Quantised measured(HeadWeights head, float max, int steps) {
    float[] row = new float[head.keys()];
    double error = 0;
    for (int query = 0; query < head.queries(); query++) {
      head.row(query, row);
      for (float weight : row) {
        error = Math.max(error, Math.abs(weight - decode(code(weight, max, steps), max, steps)));
      }
    }
    return new Quantised(max, steps, error);
  }

  /// Bits per code if codes came independently: close to what deflate reaches on noise, more than
  /// on real maps.
  private static double entropy(HeadWeights head, float max, int steps) {
    long[] counts = new long[steps + 1];
    float[] row = new float[head.keys()];
    for (int query = 0; query < head.queries(); query++) {
      head.row(query, row);
      for (float weight : row) {
        counts[code(weight, max, steps)]++;
      }
    }
    double cells = (double) head.queries() * head.keys();
    double bits = 0;
    for (long count : counts) {
      if (count > 0) {
        bits -= count / cells * Math.log(count / cells);
      }
    }
    return bits / Math.log(2);
  }
}
