package io.github.attention4j.cpu.network;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.RowKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Layers that join, split or rearrange arrays.
final class JoinOperations {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private JoinOperations() {}

  /// The constant repeats whenever it is used up, if it fills the last axes whole; else element by
  /// element.
  static Operation addConstant(Tensor constant) {
    return (context, from) -> {
      Value.Floats x = context.dense(Operations.floats(from, 0));
      long[] strides = strides(x.shape(), constant.shape());
      Value.Floats y = context.floats(x.shape());
      long size = constant.shape().elements();
      long count = x.shape().elements();
      if (suffix(x.shape(), constant.shape())) {
        for (long at = 0; at < count; at += size) {
          RowKernels.combine(
              x.segment().asSlice(4 * at, 4 * size),
              constant.segment(),
              y.segment().asSlice(4 * at, 4 * size),
              size,
              false);
        }
      } else {
        for (long i = 0; i < count; i++) {
          long rest = i;
          long at = 0;
          for (int axis = strides.length - 1; axis >= 0; axis--) {
            at += rest % x.shape().size(axis) * strides[axis];
            rest /= x.shape().size(axis);
          }
          float sum = x.segment().getAtIndex(FLOAT, i) + constant.at(at);
          y.segment().setAtIndex(FLOAT, i, sum);
        }
      }
      context.buffers().release(x);
      return y;
    };
  }

  private static boolean suffix(Shape shape, Shape constant) {
    for (int axis = 1; axis <= constant.rank(); axis++) {
      if (constant.size(-axis) != shape.size(-axis)) {
        return false;
      }
    }
    return constant.elements() > 0;
  }

  private static long[] strides(Shape shape, Shape constant) {
    long[] strides = new long[shape.rank()];
    int missing = shape.rank() - constant.rank();
    boolean fits = missing >= 0;
    long stride = 1;
    for (int axis = shape.rank() - 1; fits && axis >= missing; axis--) {
      long size = constant.size(axis - missing);
      fits = size == 1 || size == shape.size(axis);
      strides[axis] = size == 1 ? 0 : stride;
      stride *= size;
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "constant: expected a shape that broadcasts from the right to "
              + shape
              + ", got "
              + constant);
    }
    return strides;
  }

  static Operation prepend(Tensor tokens) {
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, channels]", -1, -1, tokens.shape().size(1));
      long first = tokens.shape().elements();
      Value.Floats y = context.floats(x.size(0), tokens.shape().size(0) + x.size(1), x.size(2));
      long entry = (long) x.size(1) * x.size(2);
      for (int b = 0; b < x.size(0); b++) {
        long to = 4L * b * y.stride();
        MemorySegment.copy(tokens.segment(), 0, y.segment(), to, 4 * first);
        MemorySegment.copy(
            x.segment(), 4L * b * x.stride(), y.segment(), to + 4 * first, 4 * entry);
      }
      return y;
    };
  }

  static Operation repeat(Tensor tokens) {
    return (context, from) -> {
      long batch = from[0].shape().size(0);
      Value.Floats y = context.floats(batch, tokens.shape().size(0), tokens.shape().size(1));
      long size = 4 * tokens.shape().elements();
      for (long b = 0; b < batch; b++) {
        MemorySegment.copy(tokens.segment(), 0, y.segment(), b * size, size);
      }
      return y;
    };
  }

  static Operation transpose() {
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, a, b]", -1, -1, -1);
      int rows = x.size(1);
      int columns = x.size(2);
      Value.Floats y = context.floats(x.size(0), columns, rows);
      for (int b = 0; b < x.size(0); b++) {
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < columns; c++) {
            y.segment()
                .setAtIndex(
                    FLOAT,
                    b * y.stride() + (long) c * rows + r,
                    x.segment().getAtIndex(FLOAT, b * x.stride() + (long) r * columns + c));
          }
        }
      }
      return y;
    };
  }

  static Operation mean() {
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, channels]", -1, -1, -1);
      int length = x.size(1);
      int channels = x.size(2);
      Value.Floats y = context.floats(x.size(0), channels);
      double[] sum = new double[channels];
      for (int b = 0; b < x.size(0); b++) {
        java.util.Arrays.fill(sum, 0);
        for (int t = 0; t < length; t++) {
          for (int c = 0; c < channels; c++) {
            sum[c] += x.segment().getAtIndex(FLOAT, b * x.stride() + (long) t * channels + c);
          }
        }
        for (int c = 0; c < channels; c++) {
          float value = (float) (length == 0 ? 0 : sum[c] / length);
          y.segment().setAtIndex(FLOAT, (long) b * channels + c, value);
        }
      }
      return y;
    };
  }

  static Operation channels(int first, int end) {
    return (context, from) -> {
      Value.Floats given = Operations.floats(from, 0);
      if (given.shape().rank() == 0 || end > given.size(-1)) {
        throw new IllegalArgumentException(
            "input: expected at least " + end + " channels, got " + given.shape());
      }
      Value.Floats x = context.dense(given);
      long[] sizes = x.shape().toArray();
      sizes[sizes.length - 1] = (long) end - first;
      Value.Floats y = context.floats(Shape.of(sizes));
      copy(x, first, y, 0, end - first);
      context.buffers().release(x);
      return y;
    };
  }

  private static void copy(Value.Floats x, int from, Value.Floats y, int to, int count) {
    for (long row = 0; row < x.rows(); row++) {
      MemorySegment.copy(
          x.segment(),
          4 * (row * x.size(-1) + from),
          y.segment(),
          4 * (row * y.size(-1) + to),
          4L * count);
    }
  }

  static Operation concatenate() {
    return (context, from) -> {
      long[] sizes = Operations.floats(from, 0).shape().toArray();
      int last = sizes.length - 1;
      long channels = 0;
      for (int i = 0; i < from.length; i++) {
        Value.Floats part = Operations.floats(from, i);
        long[] expected = sizes.clone();
        expected[last] = -1;
        Operations.expect(part, "the shape of the first but for the channels", expected);
        channels += part.size(-1);
      }
      sizes[last] = channels;
      Value.Floats y = context.floats(Shape.of(sizes));
      int at = 0;
      for (int i = 0; i < from.length; i++) {
        Value.Floats part = context.dense(Operations.floats(from, i));
        copy(part, 0, y, at, part.size(-1));
        at += part.size(-1);
        context.buffers().release(part);
      }
      return y;
    };
  }

  static Operation choose() {
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 1);
      Value.Floats other = Operations.floats(from, 2);
      Operations.expect(x, "[batch, length, channels]", -1, -1, -1);
      Operations.expect(other, "the shape of the other", x.shape().toArray());
      if (!(from[0] instanceof Value.Booleans(BooleanTensor mask))
          || mask.shape().rank() != 2
          || mask.shape().size(0) != x.size(0)
          || mask.shape().size(1) != x.size(1)) {
        throw new IllegalArgumentException(
            "mask: expected bool [batch, length] of " + x.shape() + ", got " + from[0].shape());
      }
      Value.Floats y = context.floats(x.shape());
      long channels = x.size(2);
      for (int b = 0; b < x.size(0); b++) {
        for (int t = 0; t < x.size(1); t++) {
          Value.Floats chosen = mask.get(b, t) ? x : other;
          MemorySegment.copy(
              chosen.segment(),
              4 * (b * chosen.stride() + t * channels),
              y.segment(),
              4 * (b * y.stride() + t * channels),
              4 * channels);
        }
      }
      return y;
    };
  }
}
