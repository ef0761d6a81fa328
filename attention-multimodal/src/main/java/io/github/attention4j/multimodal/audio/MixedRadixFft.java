package io.github.attention4j.multimodal.audio;

/// The discrete Fourier transform of any length, by decimation in time over its prime factors; 400
/// = 2·2·2·2·5·5 costs a thirtieth of the sum over all pairs.
final class MixedRadixFft {
  private final int size;
  private final int[] factors;
  private final double[] cos;
  private final double[] sin;

  MixedRadixFft(int size) {
    this.size = size;
    this.factors = factors(size);
    this.cos = new double[size];
    this.sin = new double[size];
    for (int k = 0; k < size; k++) {
      cos[k] = Math.cos(-2 * Math.PI * k / size);
      sin[k] = Math.sin(-2 * Math.PI * k / size);
    }
  }

  private static int[] factors(int size) {
    int[] found = new int[Integer.SIZE];
    int count = 0;
    int rest = size;
    for (int factor = 2; rest > 1; ) {
      if (rest % factor == 0) {
        found[count++] = factor;
        rest /= factor;
      } else {
        factor++;
      }
    }
    return java.util.Arrays.copyOf(found, count);
  }

  /** Transforms real values; both results have the full length. */
  void transform(double[] real, double[] outReal, double[] outImaginary) {
    step(real, 0, 1, 0, outReal, outImaginary, 0, size);
  }

  /** Transforms `length` values from `in[at]`, `stride` apart, to `out[to]`. */
  private void step(
      double[] in,
      int at,
      int stride,
      int depth,
      double[] outReal,
      double[] outImaginary,
      int to,
      int length) {
    if (length == 1) {
      outReal[to] = in[at];
      outImaginary[to] = 0;
      return;
    }
    int radix = factors[depth];
    int part = length / radix;
    for (int r = 0; r < radix; r++) {
      step(
          in,
          at + r * stride,
          stride * radix,
          depth + 1,
          outReal,
          outImaginary,
          to + r * part,
          part);
    }
    double[] a = new double[radix];
    double[] b = new double[radix];
    int turn = size / length;
    for (int k = 0; k < part; k++) {
      for (int r = 0; r < radix; r++) {
        int angle = r * k * turn;
        double x = outReal[to + r * part + k];
        double y = outImaginary[to + r * part + k];
        a[r] = x * cos[angle] - y * sin[angle];
        b[r] = x * sin[angle] + y * cos[angle];
      }
      butterfly(a, b, radix, outReal, outImaginary, to + k, part);
    }
  }

  private void butterfly(
      double[] a,
      double[] b,
      int radix,
      double[] outReal,
      double[] outImaginary,
      int to,
      int part) {
    if (radix == 2) {
      outReal[to] = a[0] + a[1];
      outImaginary[to] = b[0] + b[1];
      outReal[to + part] = a[0] - a[1];
      outImaginary[to + part] = b[0] - b[1];
      return;
    }
    int turn = size / radix;
    for (int q = 0; q < radix; q++) {
      double x = 0;
      double y = 0;
      for (int r = 0; r < radix; r++) {
        int angle = r * q % radix * turn;
        x += a[r] * cos[angle] - b[r] * sin[angle];
        y += a[r] * sin[angle] + b[r] * cos[angle];
      }
      outReal[to + q * part] = x;
      outImaginary[to + q * part] = y;
    }
  }
}
