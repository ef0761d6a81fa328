package io.github.attention4j.multimodal.image;

/// Bicubic resizing ($a = -1/2$) of 8-bit pictures with antialiasing, bit for bit as Pillow: the
/// kernel is stretched by the reduction, weights are fixed-point numbers of 22 bits, the horizontal
/// pass comes first, each pass rounds to a byte.
///
/// Source: R. Keys, "Cubic convolution interpolation", 1981; Pillow `Resample.c` for the
/// arithmetic.
final class BicubicResize {
  private static final double SUPPORT = 2;
  private static final double A = -0.5;
  private static final int PRECISION = 22;

  private BicubicResize() {}

  static Picture resize(Picture picture, int width, int height) {
    Picture result = picture;
    if (width != picture.width()) {
      result = horizontal(result, new Weights(picture.width(), width));
    }
    if (height != picture.height()) {
      result = vertical(result, new Weights(picture.height(), height));
    }
    return result;
  }

  /** For each target position the source positions and their weights. */
  private static final class Weights {
    final int size;
    final int[] first;
    final int[][] fixed;

    Weights(int from, int to) {
      size = to;
      first = new int[to];
      fixed = new int[to][];
      double scale = (double) from / to;
      double stretch = Math.max(scale, 1);
      double support = SUPPORT * stretch;
      for (int i = 0; i < to; i++) {
        double center = (i + 0.5) * scale;
        int begin = Math.max((int) (center - support + 0.5), 0);
        int end = Math.min((int) (center + support + 0.5), from);
        double[] weights = new double[end - begin];
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
          weights[k] = kernel((k + begin - center + 0.5) / stretch);
          sum += weights[k];
        }
        first[i] = begin;
        fixed[i] = new int[weights.length];
        for (int k = 0; k < weights.length; k++) {
          double exact = weights[k] / sum * (1 << PRECISION);
          fixed[i][k] = (int) (exact < 0 ? exact - 0.5 : exact + 0.5);
        }
      }
    }

    private static double kernel(double signed) {
      double x = Math.abs(signed);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  }

  private static Picture horizontal(Picture from, Weights weights) {
    byte[] to = new byte[Math.multiplyExact(3, Math.multiplyExact(weights.size, from.height()))];
    byte[] rgb = from.rgb();
    for (int y = 0; y < from.height(); y++) {
      for (int x = 0; x < weights.size; x++) {
        int at = 3 * (y * from.width() + weights.first[x]);
        combine(rgb, at, 3, weights.fixed[x], to, 3 * (y * weights.size + x));
      }
    }
    return new Picture(weights.size, from.height(), to);
  }

  private static Picture vertical(Picture from, Weights weights) {
    int width = from.width();
    byte[] to = new byte[Math.multiplyExact(3, Math.multiplyExact(weights.size, width))];
    byte[] rgb = from.rgb();
    for (int y = 0; y < weights.size; y++) {
      for (int x = 0; x < width; x++) {
        int at = 3 * (weights.first[y] * width + x);
        combine(rgb, at, 3 * width, weights.fixed[y], to, 3 * (y * width + x));
      }
    }
    return new Picture(width, weights.size, to);
  }

  private static void combine(byte[] from, int at, int step, int[] fixed, byte[] to, int target) {
    for (int channel = 0; channel < 3; channel++) {
      int sum = 1 << (PRECISION - 1);
      for (int k = 0; k < fixed.length; k++) {
        sum += Byte.toUnsignedInt(from[at + k * step + channel]) * fixed[k];
      }
      to[target + channel] = (byte) Math.clamp(sum >> PRECISION, 0, 255);
    }
  }
}
