package io.github.attention4j.cpu.network;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.OptionalLong;

/// Layers about positions: tables looked up, added or rotated in; positions remembered, picked,
/// located, masked.
final class PositionOperations {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private PositionOperations() {}

  static Operation embedding(Tensor table, double scale) {
    int size = table.shape().intSize(1);
    long vocabulary = table.shape().size(0);
    return (context, from) -> {
      LongTensor ids = Operations.longs(from, 0);
      long[] sizes = Arrays.copyOf(ids.shape().toArray(), ids.shape().rank() + 1);
      sizes[sizes.length - 1] = size;
      Value.Floats y = context.floats(Shape.of(sizes));
      for (long t = 0; t < ids.shape().elements(); t++) {
        long id = ids.at(t);
        if (id < 0 || id >= vocabulary) {
          throw new IllegalArgumentException(
              "ids: expected 0 to " + (vocabulary - 1) + ", got " + id);
        }
        MemorySegment.copy(table.segment(), 4 * id * size, y.segment(), 4 * t * size, 4L * size);
      }
      if (scale != 1) {
        io.github.attention4j.cpu.kernel.RowKernels.scale(
            y.segment(), y.segment(), y.shape().elements(), (float) scale);
      }
      return y;
    };
  }

  static Operation addPositions(Tensor table, int offset) {
    int size = table.shape().intSize(1);
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, channels]", -1, -1, size);
      long first = context.past() + offset;
      int length = x.size(1);
      if (first < 0 || first + length > table.shape().size(0)) {
        throw new IllegalArgumentException(
            "length: expected at most "
                + table.shape().size(0)
                + " positions in all, got "
                + length
                + " from position "
                + first
                + " on");
      }
      Value.Floats y = context.floats(x.shape());
      long entry = (long) length * size;
      for (int b = 0; b < x.size(0); b++) {
        io.github.attention4j.cpu.kernel.RowKernels.combine(
            x.segment().asSlice(4L * b * x.stride(), 4 * entry),
            table.segment().asSlice(4 * first * size, 4 * entry),
            y.segment().asSlice(4L * b * entry, 4 * entry),
            entry,
            false);
      }
      return y;
    };
  }

  static Operation append(String node, int channels) {
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, channels]", -1, -1, channels);
      if (!context.remembers()) {
        Buffers.Buffer buffer = x.buffer();
        if (buffer != null) {
          buffer.keep();
        }
        return x;
      }
      Memory memory = context.memory(node);
      memory.append(x);
      return memory.value();
    };
  }

  static Operation rotate(Layer.Rotate layer) {
    int heads = layer.heads();
    float[] cos = layer.cos().toArray();
    float[] sin = layer.sin().toArray();
    int pairs = layer.cos().shape().intSize(1);
    long positions = layer.cos().shape().size(0);
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, heads * keySize]", -1, -1, -1);
      int channels = x.size(2);
      int size = channels / heads;
      if (channels % heads != 0 || size < 2 * pairs) {
        throw new IllegalArgumentException(
            "input: expected channels for "
                + heads
                + " heads of at least "
                + 2 * pairs
                + ", got "
                + channels);
      }
      Value.Floats y = context.floats(x.shape());
      float[] row = new float[channels];
      for (int b = 0; b < x.size(0); b++) {
        for (int t = 0; t < x.size(1); t++) {
          long p = from.length > 1 ? Operations.longs(from, 1).get(b, t) : context.past() + t;
          if (p < 0 || p >= positions) {
            throw new IllegalArgumentException(
                "position: expected 0 to " + (positions - 1) + ", got " + p);
          }
          MemorySegment.copy(
              x.segment(), FLOAT, 4 * (b * x.stride() + (long) t * channels), row, 0, channels);
          for (int h = 0; h < heads; h++) {
            turn(row, h * size, cos, sin, (int) p * pairs, pairs, layer.interleaved());
          }
          MemorySegment.copy(
              row, 0, y.segment(), FLOAT, 4 * (b * y.stride() + (long) t * channels), channels);
        }
      }
      return y;
    };
  }

  private static void turn(
      float[] row, int at, float[] cos, float[] sin, int angle, int pairs, boolean interleaved) {
    for (int t = 0; t < pairs; t++) {
      int first = at + (interleaved ? 2 * t : t);
      int second = interleaved ? first + 1 : first + pairs;
      float a = row[first];
      float b = row[second];
      row[first] = a * cos[angle + t] - b * sin[angle + t];
      row[second] = a * sin[angle + t] + b * cos[angle + t];
    }
  }

  static Operation position(int index) {
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, channels]", -1, -1, -1);
      long at = index < 0 ? x.size(1) + (long) index : index;
      long[] positions = new long[x.size(0)];
      Arrays.fill(positions, at);
      return pick(context, x, positions);
    };
  }

  static Operation positionAt() {
    return (context, from) ->
        pick(context, Operations.floats(from, 0), Operations.longs(from, 1).toArray());
  }

  private static Value pick(Context context, Value.Floats x, long[] positions) {
    Operations.expect(x, "[batch, length, channels]", positions.length, -1, -1);
    long channels = x.size(2);
    Value.Floats y = context.floats(positions.length, channels);
    for (int b = 0; b < positions.length; b++) {
      if (positions[b] < 0 || positions[b] >= x.size(1)) {
        throw new IllegalArgumentException(
            "position: expected 0 to " + (x.size(1) - 1) + ", got " + positions[b]);
      }
      MemorySegment.copy(
          x.segment(),
          4 * (b * x.stride() + positions[b] * channels),
          y.segment(),
          4L * b * channels,
          4 * channels);
    }
    return y;
  }

  private static LongTensor ids(Value[] from) {
    LongTensor ids = Operations.longs(from, 0);
    if (ids.shape().rank() != 2) {
      throw new IllegalArgumentException("ids: expected [batch, length], got " + ids.describe());
    }
    return ids;
  }

  static Operation locate(OptionalLong wanted) {
    return (context, from) -> {
      LongTensor ids = ids(from);
      int length = ids.shape().intSize(1);
      LongTensor found = LongTensor.allocate(ids.shape().size(0));
      for (int b = 0; b < ids.shape().size(0); b++) {
        long target = wanted.orElse(Long.MIN_VALUE);
        for (int t = 0; wanted.isEmpty() && t < length; t++) {
          target = Math.max(target, ids.get(b, t));
        }
        for (int t = length - 1; t >= 0; t--) {
          if (ids.get(b, t) == target) {
            found.set(b, t);
          }
        }
      }
      return new Value.Longs(found);
    };
  }

  static Operation keyMask(long excluded) {
    return (context, from) -> {
      LongTensor ids = ids(from);
      return new Value.Booleans(
          differs(ids, excluded, Shape.of(ids.shape().size(0), 1, 1, ids.shape().size(1))));
    };
  }

  static Operation differs(long value) {
    return (context, from) -> {
      LongTensor array = Operations.longs(from, 0);
      return new Value.Booleans(differs(array, value, array.shape()));
    };
  }

  private static BooleanTensor differs(LongTensor array, long value, Shape shape) {
    BooleanTensor marks = BooleanTensor.allocate(shape.toArray());
    for (long t = 0; t < array.shape().elements(); t++) {
      marks.set(t, array.at(t) != value);
    }
    return marks;
  }
}
