package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.Tensor;

/** Arrays in the other order of axes. */
final class Arrange {
  private Arrange() {}

  /// `[batch, length, heads * size]` as `[batch, heads, length, size]`.
  static Tensor split(Tensor packed, long heads) {
    long batch = packed.shape().size(0);
    long length = packed.shape().size(1);
    long size = packed.shape().size(2) / heads;
    return swap(packed.reshape(batch, length, heads, size));
  }

  /// `[batch, heads, length, size]` as `[batch, length, heads * size]`.
  static Tensor merge(Tensor split) {
    Tensor swapped = swap(split);
    return swapped.reshape(
        swapped.shape().size(0),
        swapped.shape().size(1),
        swapped.shape().size(2) * swapped.shape().size(3));
  }

  /// Exchanges the two axes in the middle of four.
  static Tensor swap(Tensor from) {
    long outer = from.shape().size(0);
    long rows = from.shape().size(1);
    long columns = from.shape().size(2);
    long size = from.shape().size(3);
    Tensor to = Tensor.allocate(outer, columns, rows, size);
    long at = 0;
    for (long o = 0; o < outer; o++) {
      for (long c = 0; c < columns; c++) {
        for (long r = 0; r < rows; r++) {
          for (long s = 0; s < size; s++) {
            to.set(at++, from.at(((o * rows + r) * columns + c) * size + s));
          }
        }
      }
    }
    return to;
  }

  /// Exchanges the last two of three axes.
  static Tensor transpose(Tensor from) {
    Tensor four = from.reshape(from.shape().size(0), from.shape().size(1), from.shape().size(2), 1);
    Tensor to = swap(four);
    return to.reshape(to.shape().size(0), to.shape().size(1), to.shape().size(2));
  }

  /// Joins two arrays of equal sizes but for one axis along it.
  static Tensor join(Tensor first, Tensor second, int axis) {
    long[] shape = first.shape().toArray();
    long outer = 1;
    for (int i = 0; i < axis; i++) {
      outer *= shape[i];
    }
    long left = outer == 0 ? 0 : first.shape().elements() / outer;
    long right = outer == 0 ? 0 : second.shape().elements() / outer;
    shape[axis] += second.shape().size(axis);
    Tensor joined = Tensor.allocate(shape);
    for (long o = 0; o < outer; o++) {
      for (long i = 0; i < left; i++) {
        joined.set(o * (left + right) + i, first.at(o * left + i));
      }
      for (long i = 0; i < right; i++) {
        joined.set(o * (left + right) + left + i, second.at(o * right + i));
      }
    }
    return joined;
  }

  /// Each entry of axis 1 `times` times in a row.
  static Tensor repeat(Tensor from, long times) {
    if (times == 1) {
      return from;
    }
    long[] shape = from.shape().toArray();
    long outer = shape[0] * shape[1];
    long inner = outer == 0 ? 0 : from.shape().elements() / outer;
    shape[1] *= times;
    Tensor to = Tensor.allocate(shape);
    long at = 0;
    for (long o = 0; o < outer; o++) {
      for (long t = 0; t < times; t++) {
        for (long i = 0; i < inner; i++) {
          to.set(at++, from.at(o * inner + i));
        }
      }
    }
    return to;
  }

  /// The positions from `from` on of an axis in the middle of three.
  static Tensor tail(Tensor array, long from) {
    long batch = array.shape().size(0);
    long length = array.shape().size(1);
    long size = array.shape().size(2);
    Tensor part = Tensor.allocate(batch, length - from, size);
    long at = 0;
    for (long b = 0; b < batch; b++) {
      for (long i = (b * length + from) * size; i < (b + 1) * length * size; i++) {
        part.set(at++, array.at(i));
      }
    }
    return part;
  }
}
