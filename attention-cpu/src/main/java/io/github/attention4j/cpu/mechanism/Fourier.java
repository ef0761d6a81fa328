package io.github.attention4j.cpu.mechanism;

/// The fast Fourier transform of complex float64 numbers, for one power of two; decimation in time
/// with a table of roots per stage, so that the inner loop runs over neighbouring elements.
final class Fourier {
  private final int size;
  private final int[] reversed;

  /// The roots of the stage that joins blocks of `half` start at index `half`.
  private final double[] cos;

  private final double[] sin;

  Fourier(int size) {
    if (Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException("size: expected a power of two, got " + size);
    }
    this.size = size;
    reversed = new int[size];
    int bits = Integer.numberOfTrailingZeros(size);
    for (int i = 0; i < size && bits > 0; i++) {
      reversed[i] = Integer.reverse(i) >>> (32 - bits);
    }
    cos = new double[Math.max(size, 1)];
    sin = new double[Math.max(size, 1)];
    for (int half = 1; half < size; half *= 2) {
      for (int k = 0; k < half; k++) {
        cos[half + k] = Math.cos(Math.PI * k / half);
        sin[half + k] = -Math.sin(Math.PI * k / half);
      }
    }
  }

  int size() {
    return size;
  }

  /// $X_k = \sum_t x_t e^{-2\pi i k t / n}$ in place.
  void forward(double[] re, double[] im) {
    for (int i = 0; i < size; i++) {
      int j = reversed[i];
      if (i < j) {
        double swap = re[i];
        re[i] = re[j];
        re[j] = swap;
        swap = im[i];
        im[i] = im[j];
        im[j] = swap;
      }
    }
    for (int half = 1; half < size; half *= 2) {
      for (int from = 0; from < size; from += 2 * half) {
        stage(re, im, from, half);
      }
    }
  }

  private void stage(double[] re, double[] im, int from, int half) {
    for (int k = 0; k < half; k++) {
      int low = from + k;
      int high = low + half;
      double c = cos[half + k];
      double s = sin[half + k];
      double x = c * re[high] - s * im[high];
      double y = s * re[high] + c * im[high];
      re[high] = re[low] - x;
      im[high] = im[low] - y;
      re[low] += x;
      im[low] += y;
    }
  }

  /// The inverse of [#forward], in place: the same transform with real and imaginary parts
  /// exchanged.
  void inverse(double[] re, double[] im) {
    forward(im, re);
    double factor = 1.0 / size;
    for (int i = 0; i < size; i++) {
      re[i] *= factor;
      im[i] *= factor;
    }
  }
}
