package io.github.attention4j.cpu.structure;

import java.util.Arrays;

/// The mappings onto the simplex that give exact zeros,
/// [io.github.attention4j.api.Normalizer.Sparsemax] and
/// [io.github.attention4j.api.Normalizer.Entmax15], for long rows.
///
/// Whatever lies further below the largest score than 1 (sparsemax) or 2 (entmax) has weight 0, so
/// only what is nearer is sorted; that is usually little.
public final class SimplexRows {
  private double[] near = new double[16];
  private int count;

  /// To be used by one thread.
  public SimplexRows() {}

  /// Turns scores into sparsemax weights in place; −∞ is left out.
  public void sparsemax(float[] s, int from, int length) {
    float largest = collect(s, from, length, 1);
    double sum = 0;
    double threshold = 0;
    for (int k = 1; k <= count; k++) {
      double z = near[count - k];
      sum += z;
      if (1 + k * z > sum) {
        threshold = (sum - 1) / k;
      }
    }
    for (int j = from; j < from + length; j++) {
      s[j] =
          s[j] == Float.NEGATIVE_INFINITY
              ? 0
              : (float) Math.max((double) s[j] - largest - threshold, 0);
    }
  }

  /// Turns scores into 1.5-entmax weights in place; −∞ is left out.
  public void entmax15(float[] s, int from, int length) {
    float largest = collect(s, from, length, 2);
    double sum = 0;
    double squares = 0;
    double threshold = 0;
    for (int k = 1; k <= count; k++) {
      double z = near[count - k] / 2;
      sum += z;
      squares += z * z;
      double mean = sum / k;
      double spread = squares - k * mean * mean;
      double candidate = mean - Math.sqrt(Math.max((1 - spread) / k, 0));
      if (candidate <= z) {
        threshold = candidate;
      }
    }
    for (int j = from; j < from + length; j++) {
      double excess =
          s[j] == Float.NEGATIVE_INFINITY
              ? 0
              : Math.max(((double) s[j] - largest) / 2 - threshold, 0);
      s[j] = (float) (excess * excess);
    }
  }

  /// Collects what is at most `reach` below the largest, as differences to it, in ascending order.
  private float collect(float[] s, int from, int length, float reach) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int j = from; j < from + length; j++) {
      largest = Math.max(largest, s[j]);
    }
    count = 0;
    if (largest == Float.NEGATIVE_INFINITY) {
      return 0;
    }
    for (int j = from; j < from + length; j++) {
      double z = (double) s[j] - largest;
      if (z >= -reach) {
        if (count == near.length) {
          near = Arrays.copyOf(near, 2 * count);
        }
        near[count++] = z;
      }
    }
    Arrays.sort(near, 0, count);
    return largest;
  }
}
