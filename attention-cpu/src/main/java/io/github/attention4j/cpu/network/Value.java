package io.github.attention4j.cpu.network;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// What an input or a node gives to later nodes.
sealed interface Value {
  /// The sizes.
  Shape shape();

  /// Float32.
  ///
  /// @param segment the elements
  /// @param shape the sizes
  /// @param stride elements from one entry of the batch (axis 0) to the next; the rest is row-major
  /// @param buffer where the segment comes from, if it can be used again
  record Floats(MemorySegment segment, Shape shape, long stride, Buffers.@Nullable Buffer buffer)
      implements Value {
    static Floats of(Tensor array) {
      return new Floats(array.segment(), array.shape(), entry(array.shape()), null);
    }

    static long entry(Shape shape) {
      return shape.rank() == 0 || shape.size(0) == 0 ? 0 : shape.elements() / shape.size(0);
    }

    /// Whether elements follow each other without gaps.
    boolean dense() {
      return stride == entry(shape) || shape.size(0) <= 1;
    }

    /// The size of an axis; negative axes count from the last.
    int size(int axis) {
      return shape.intSize(axis);
    }

    /// All elements but the last axis.
    int rows() {
      int size = size(-1);
      return size == 0 ? 0 : Math.toIntExact(shape.elements() / size);
    }

    /// The same memory as an array; must be dense.
    Tensor tensor() {
      return Tensor.wrap(segment.asSlice(0, 4 * shape.elements()), shape);
    }
  }

  /// Int64.
  record Longs(LongTensor array) implements Value {
    @Override
    public Shape shape() {
      return array.shape();
    }
  }

  /// Booleans.
  record Booleans(BooleanTensor array) implements Value {
    @Override
    public Shape shape() {
      return array.shape();
    }
  }

  /// An input of a run.
  static Value of(NdArray array) {
    return switch (array) {
      case Tensor floats -> Floats.of(floats);
      case LongTensor longs -> new Longs(longs);
      case BooleanTensor booleans -> new Booleans(booleans);
    };
  }
}
