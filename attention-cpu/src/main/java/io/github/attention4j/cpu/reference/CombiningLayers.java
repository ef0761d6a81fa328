package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.BooleanTensor;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/// Layers that combine arrays, or the axes of one.
final class CombiningLayers {
  private CombiningLayers() {}

  static DoubleArray zip(DoubleArray a, DoubleArray b, DoubleBinaryOperator operator) {
    b.expect("the shape of the other", a.shape().toArray());
    DoubleArray y = DoubleArray.zeros(a.shape().toArray());
    for (int i = 0; i < y.values().length; i++) {
      y.values()[i] = operator.applyAsDouble(a.values()[i], b.values()[i]);
    }
    return y;
  }

  static DoubleArray scale(DoubleArray x, double factor) {
    DoubleArray y = DoubleArray.zeros(x.shape().toArray());
    Vectors.add(y.values(), factor, x.values());
    return y;
  }

  /// $x$ plus a constant that is broadcast from the right.
  static DoubleArray addConstant(DoubleArray x, DoubleArray constant) {
    int rank = x.shape().rank();
    int missing = rank - constant.shape().rank();
    int[] strides = new int[rank];
    int stride = 1;
    for (int axis = rank - 1; axis >= Math.max(missing, 0); axis--) {
      int size = constant.size(axis - missing);
      if (size != 1 && size != x.size(axis)) {
        missing = -1;
        break;
      }
      strides[axis] = size == 1 ? 0 : stride;
      stride *= size;
    }
    if (missing < 0) {
      throw new IllegalArgumentException(
          "constant: expected a shape that broadcasts from the right to "
              + x.shape()
              + ", got "
              + constant.shape());
    }
    DoubleArray y = DoubleArray.zeros(x.shape().toArray());
    for (int i = 0; i < y.values().length; i++) {
      int rest = i;
      int from = 0;
      for (int axis = rank - 1; axis >= 0; axis--) {
        from += rest % x.size(axis) * strides[axis];
        rest /= x.size(axis);
      }
      y.values()[i] = x.values()[i] + constant.values()[from];
    }
    return y;
  }

  static DoubleArray transpose(DoubleArray x) {
    x.expect("[batch, a, b]", -1, -1, -1);
    DoubleArray y = DoubleArray.zeros(x.size(0), x.size(2), x.size(1));
    for (int b = 0; b < x.size(0); b++) {
      for (int i = 0; i < x.size(1); i++) {
        for (int j = 0; j < x.size(2); j++) {
          y.set(x.get(b, i, j), b, j, i);
        }
      }
    }
    return y;
  }

  static DoubleArray mean(DoubleArray x) {
    x.expect("[batch, length, channels]", -1, -1, -1);
    DoubleArray y = DoubleArray.zeros(x.size(0), x.size(2));
    for (int b = 0; b < x.size(0); b++) {
      double[] sum = new double[x.size(2)];
      for (int t = 0; t < x.size(1); t++) {
        Vectors.add(sum, 1.0 / x.size(1), x.row(b, t));
      }
      y.setRow(sum, b);
    }
    return y;
  }

  static DoubleArray similarity(DoubleArray a, DoubleArray b, double factor) {
    a.expect("[a, channels]", -1, -1);
    b.expect("[b, channels]", -1, a.size(1));
    DoubleArray y = DoubleArray.zeros(a.size(0), b.size(0));
    for (int i = 0; i < a.size(0); i++) {
      for (int j = 0; j < b.size(0); j++) {
        y.set(factor * Vectors.dot(a.row(i), b.row(j)), i, j);
      }
    }
    return y;
  }

  static DoubleArray channels(DoubleArray x, int from, int to) {
    if (to > x.size(-1)) {
      throw new IllegalArgumentException(
          "input: expected at least " + to + " channels, got " + x.shape());
    }
    return RowLayers.map(x, to - from, row -> java.util.Arrays.copyOfRange(row, from, to));
  }

  static DoubleArray concatenate(List<DoubleArray> parts) {
    long[] sizes = parts.getFirst().shape().toArray();
    int last = sizes.length - 1;
    int channels = 0;
    for (DoubleArray part : parts) {
      long[] expected = sizes.clone();
      expected[last] = -1;
      part.expect("the shape of the first but for the channels", expected);
      channels += part.size(-1);
    }
    sizes[last] = channels;
    DoubleArray y = DoubleArray.zeros(sizes);
    int rows = channels == 0 ? 0 : y.values().length / channels;
    int at = 0;
    for (DoubleArray part : parts) {
      for (int r = 0; r < rows; r++) {
        System.arraycopy(
            part.values(), r * part.size(-1), y.values(), r * channels + at, part.size(-1));
      }
      at += part.size(-1);
    }
    return y;
  }

  static DoubleArray choose(BooleanTensor mask, DoubleArray x, DoubleArray otherwise) {
    x.expect("[batch, length, channels]", -1, -1, -1);
    otherwise.expect("the shape of the other", x.shape().toArray());
    if (mask.shape().rank() != 2
        || mask.shape().size(0) != x.size(0)
        || mask.shape().size(1) != x.size(1)) {
      throw new IllegalArgumentException(
          "mask: expected [batch, length] of " + x.shape() + ", got " + mask.describe());
    }
    DoubleArray y = DoubleArray.zeros(x.shape().toArray());
    for (int b = 0; b < x.size(0); b++) {
      for (int t = 0; t < x.size(1); t++) {
        y.setRow((mask.get(b, t) ? x : otherwise).row(b, t), b, t);
      }
    }
    return y;
  }
}
