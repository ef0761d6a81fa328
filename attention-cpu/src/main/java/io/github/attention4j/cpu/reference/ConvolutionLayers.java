package io.github.attention4j.cpu.reference;

import java.util.Optional;

/// Layers that read neighbouring positions: convolutions and patches.
final class ConvolutionLayers {
  private ConvolutionLayers() {}

  static DoubleArray convolution1d(
      DoubleArray x, DoubleArray weight, Optional<DoubleArray> bias, int stride, int padding) {
    x.expect("[batch, length, in]", -1, -1, weight.size(1));
    int taps = weight.size(2);
    int length = x.size(1);
    int steps = Math.max(Math.floorDiv(length + 2 * padding - taps, stride) + 1, 0);
    DoubleArray y = DoubleArray.zeros(x.size(0), steps, weight.size(0));
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < steps; t++) {
        for (int out = 0; out < weight.size(0); out++) {
          double sum = at(bias, out);
          for (int s = 0; s < taps; s++) {
            int from = t * stride - padding + s;
            for (int in = 0; in < x.size(2) && from >= 0 && from < length; in++) {
              sum += weight.get(out, in, s) * x.get(b, from, in);
            }
          }
          y.set(sum, b, t, out);
        }
      }
    }
    return y;
  }

  static DoubleArray patches(DoubleArray x, DoubleArray weight, Optional<DoubleArray> bias) {
    x.expect("[batch, in, height, width]", -1, weight.size(1), -1, -1);
    int height = weight.size(2);
    int width = weight.size(3);
    int rows = x.size(2) / height;
    int columns = x.size(3) / width;
    DoubleArray y = DoubleArray.zeros(x.size(0), (long) rows * columns, weight.size(0));
    for (int b = 0; b < x.size(0); b++) {
      for (int patch = 0; patch < rows * columns; patch++) {
        int top = patch / columns * height;
        int left = patch % columns * width;
        for (int out = 0; out < weight.size(0); out++) {
          double sum = at(bias, out);
          for (int in = 0; in < weight.size(1); in++) {
            for (int r = 0; r < height; r++) {
              for (int c = 0; c < width; c++) {
                sum += weight.get(out, in, r, c) * x.get(b, in, top + r, left + c);
              }
            }
          }
          y.set(sum, b, patch, out);
        }
      }
    }
    return y;
  }

  static DoubleArray shortConvolution(DoubleArray x, DoubleArray filter) {
    x.expect("[batch, length, channels]", -1, -1, filter.size(0));
    DoubleArray y = DoubleArray.zeros(x.shape().toArray());
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < x.size(1); t++) {
        for (int c = 0; c < x.size(2); c++) {
          double sum = 0;
          for (int s = 0; s < filter.size(1) && s <= t; s++) {
            sum += filter.get(c, s) * x.get(b, t - s, c);
          }
          y.set(sum, b, t, c);
        }
      }
    }
    return y;
  }

  private static double at(Optional<DoubleArray> bias, int out) {
    return bias.isPresent() ? bias.get().get(out) : 0;
  }
}
