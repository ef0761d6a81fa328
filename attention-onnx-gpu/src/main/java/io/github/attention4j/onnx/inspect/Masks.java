package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Axes.Factor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Masks as the graph holds them, seen cell by cell. */
final class Masks {
  private Masks() {}

  /// Where the cell of a map lies in another array.
  @FunctionalInterface
  interface Index {
    long at(int batch, int head, int query, int key);
  }

  static Index index(NdArray array, Axes axes, Layout layout) {
    long[] strides = Axes.strides(array.shape().toArray());
    long[] batch = axes.offsets(layout.batch(), strides);
    long[] heads = axes.offsets(layout.heads(), strides);
    long[] queries = axes.offsets(layout.queries(), strides);
    long[] keys = axes.offsets(layout.keys(), strides);
    return (b, h, q, k) -> batch[b] + heads[h] + queries[q] + keys[k];
  }

  /// The axes of an array that is broadcast against batch, heads, queries and keys; null if it does
  /// not fit.
  static @Nullable Axes broadcast(NdArray array, Layout layout) {
    return broadcast(
        array, new Axes(List.of(layout.batch(), layout.heads(), layout.queries(), layout.keys())));
  }

  /// The axes of an array that is broadcast against an array with these axes; null if it does not
  /// fit.
  static @Nullable Axes broadcast(NdArray array, Axes target) {
    int missing = target.rank() - array.shape().rank();
    List<List<Factor>> axes = new ArrayList<>();
    boolean fits = missing >= 0;
    for (int axis = 0; fits && axis < array.shape().rank(); axis++) {
      List<Factor> factors = target.axis(axis + missing);
      boolean one = array.shape().size(axis) == 1;
      fits = one || array.shape().size(axis) == Axes.product(factors);
      axes.add(one ? List.of() : factors);
    }
    return fits ? new Axes(axes) : null;
  }

  /// The cells that an array with these axes masks; null if its elements are no masks.
  static Proof.@Nullable Mask of(NdArray array, Axes axes, boolean maskedWhen, Layout layout) {
    Index index = index(array, axes, layout);
    if (array instanceof Tensor tensor) {
      return (b, h, q, k) -> tensor.at(index.at(b, h, q, k)) <= SoftmaxFinder.MASKED;
    }
    if (array instanceof BooleanTensor condition) {
      return (b, h, q, k) -> condition.at(index.at(b, h, q, k)) == maskedWhen;
    }
    return null;
  }
}
