package io.github.attention4j.onnx.inspect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The axes of an array, each a product of factors that keep their identity through reshapes and
/// transpositions.
///
/// So it can be told after the fact that of the `batch * heads` entries along the first axis of
/// `[batch * heads, queries, keys]` the inner factor is the heads: it ends up beside the size of
/// the values when the heads are merged again.
record Axes(List<List<Axes.Factor>> factors) {
  Axes {
    factors = List.copyOf(factors);
  }

  /** A part of an axis; splits in two when a reshape splits it. Sizes of 1 have no factor. */
  static final class Factor {
    private final long size;
    private @Nullable Factor outer;
    private @Nullable Factor inner;

    Factor(long size) {
      this.size = size;
    }

    long size() {
      return size;
    }

    private void leaves(List<Factor> into) {
      if (outer == null || inner == null) {
        into.add(this);
      } else {
        outer.leaves(into);
        inner.leaves(into);
      }
    }
  }

  /// New axes of these sizes.
  static Axes of(long[] shape) {
    List<List<Factor>> axes = new ArrayList<>();
    for (long size : shape) {
      axes.add(size == 1 ? List.of() : List.of(new Factor(size)));
    }
    return new Axes(axes);
  }

  int rank() {
    return factors.size();
  }

  /// The factors of an axis that are not split further, outermost first; negative axes count from
  /// the last.
  List<Factor> axis(int axis) {
    List<Factor> leaves = new ArrayList<>();
    for (Factor factor : factors.get(axis < 0 ? rank() + axis : axis)) {
      factor.leaves(leaves);
    }
    return leaves;
  }

  /// All factors of several axes in a row.
  List<Factor> axes(int from, int to) {
    List<Factor> leaves = new ArrayList<>();
    for (int axis = from; axis < to; axis++) {
      leaves.addAll(axis(axis));
    }
    return leaves;
  }

  Axes transpose(int[] permutation) {
    List<List<Factor>> axes = new ArrayList<>();
    for (int axis : permutation) {
      axes.add(factors.get(axis));
    }
    return new Axes(axes);
  }

  Axes swapLast() {
    List<List<Factor>> axes = new ArrayList<>(factors);
    Collections.swap(axes, rank() - 1, rank() - 2);
    return new Axes(axes);
  }

  /// The axes after a reshape, or null if the sizes do not nest, or there are no elements.
  @Nullable Axes reshape(long[] shape) {
    List<Factor> left = new ArrayList<>(axes(0, rank()));
    Collections.reverse(left);
    List<List<Factor>> axes = new ArrayList<>();
    for (long size : shape) {
      List<Factor> axis = new ArrayList<>();
      long missing = size;
      while (missing > 1) {
        if (left.isEmpty()) {
          return null;
        }
        Factor next = left.removeLast();
        if (missing % next.size == 0 && next.size > 0) {
          axis.add(next);
          missing /= next.size;
        } else if (next.size % missing == 0) {
          Factor outer = new Factor(missing);
          Factor inner = new Factor(next.size / missing);
          next.outer = outer;
          next.inner = inner;
          axis.add(outer);
          left.add(inner);
          missing = 1;
        } else {
          return null;
        }
      }
      if (missing == 0) {
        return null;
      }
      axes.add(axis);
    }
    return left.isEmpty() ? new Axes(axes) : null;
  }

  /// The sizes.
  long[] shape() {
    long[] shape = new long[rank()];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = product(axis(axis));
    }
    return shape;
  }

  static long product(List<Factor> factors) {
    long product = 1;
    for (Factor factor : factors) {
      product *= factor.size;
    }
    return product;
  }

  /// Where in an array with these axes each combination of `factors` starts: `product(factors)`
  /// offsets, in elements. A factor that the array does not have, such as one it is broadcast
  /// along, moves nothing.
  ///
  /// @param strides of the axes
  long[] offsets(List<Factor> wanted, long[] strides) {
    long[] offsets = {0};
    for (Factor factor : wanted) {
      long stride = stride(factor, strides);
      long[] longer = new long[Math.toIntExact(offsets.length * factor.size)];
      for (int i = 0; i < longer.length; i++) {
        longer[i] = offsets[(int) (i / factor.size)] + (i % factor.size) * stride;
      }
      offsets = longer;
    }
    return offsets;
  }

  private long stride(Factor wanted, long[] strides) {
    for (int axis = 0; axis < rank(); axis++) {
      List<Factor> leaves = axis(axis);
      long stride = strides[axis];
      for (int i = leaves.size() - 1; i >= 0; i--) {
        if (leaves.get(i) == wanted) {
          return stride;
        }
        stride *= leaves.get(i).size;
      }
    }
    return 0;
  }

  /// The strides of an array of these sizes without gaps.
  static long[] strides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    return strides;
  }

  @Override
  public String toString() {
    return Arrays.toString(shape());
  }
}
