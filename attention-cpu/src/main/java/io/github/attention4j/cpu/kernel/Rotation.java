package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Score;

/// The rotation of [Score.Rotary], with cosines and sines of the positions met so far kept.
final class Rotation {
  /// Positions up to here are kept in a table; others are computed as they come.
  private static final long MOST = 1 << 20;

  private final int pairs;
  private final boolean interleaved;
  private final double[] frequencies;
  private volatile float[] table = new float[0];

  Rotation(Score.Rotary rotary) {
    pairs = rotary.size() / 2;
    interleaved = rotary.interleaved();
    frequencies = new double[pairs];
    for (int t = 0; t < pairs; t++) {
      frequencies[t] = Math.pow(rotary.base(), -2.0 * t / rotary.size());
    }
  }

  /// Makes sure that positions below `positions` are in the table.
  synchronized void prepare(long positions) {
    int wanted = (int) Math.min(positions, MOST);
    int have = table.length / (2 * pairs);
    if (wanted <= have) {
      return;
    }
    float[] longer = java.util.Arrays.copyOf(table, Math.max(wanted, have + have / 2) * 2 * pairs);
    for (int p = have; p < longer.length / (2 * pairs); p++) {
      for (int t = 0; t < pairs; t++) {
        longer[(p * pairs + t) * 2] = (float) Math.cos(p * frequencies[t]);
        longer[(p * pairs + t) * 2 + 1] = (float) Math.sin(p * frequencies[t]);
      }
    }
    table = longer;
  }

  /// Rotates the leading elements of a vector in place.
  void apply(float[] x, int at, long position) {
    float[] angles = table;
    boolean known = position >= 0 && (position + 1) * pairs * 2 <= angles.length;
    for (int t = 0; t < pairs; t++) {
      float cos;
      float sin;
      if (known) {
        int entry = ((int) position * pairs + t) * 2;
        cos = angles[entry];
        sin = angles[entry + 1];
      } else {
        cos = (float) Math.cos(position * frequencies[t]);
        sin = (float) Math.sin(position * frequencies[t]);
      }
      int first = at + (interleaved ? 2 * t : t);
      int second = interleaved ? first + 1 : first + pairs;
      float a = x[first];
      float b = x[second];
      x[first] = a * cos - b * sin;
      x[second] = a * sin + b * cos;
    }
  }
}
