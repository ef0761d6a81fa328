package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Tensor;

/// Sinusoidal positions: $\sin(p\, 10000^{-2t/d})$ and $\cos(p\, 10000^{-2t/d})$, angles in
/// float64.
///
/// Source: Vaswani et al. 2017 (arXiv:1706.03762), section 3.5.
final class Sinusoids {
  private Sinusoids() {}

  /** Sine and cosine side by side, as the paper: element 2t and 2t + 1. */
  static Tensor interleaved(int positions, int size) {
    return table(positions, size, true);
  }

  /** All sines, then all cosines, as Marian. */
  static Tensor halves(int positions, int size) {
    return table(positions, size, false);
  }

  private static Tensor table(int positions, int size, boolean interleaved) {
    float[] table = new float[Math.multiplyExact(positions, size)];
    int sines = (size + 1) / 2;
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < size; i++) {
        int pair = i / 2;
        double angle = p * Math.pow(10000, -2.0 * pair / size);
        int at = interleaved ? i : pair + (i % 2 == 0 ? 0 : sines);
        table[p * size + at] = (float) (i % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return Tensor.of(table, positions, size);
  }
}
