package io.github.attention4j.cpu.network;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.cpu.kernel.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Layers that are a product with a packed matrix.
final class MatrixOperations {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private MatrixOperations() {}

  private static PackedMatrix pack(float[] weight, Tensor shaped, java.util.Optional<Tensor> bias) {
    int out = shaped.shape().intSize(0);
    int in = out == 0 ? 0 : weight.length / out;
    return new PackedMatrix(weight, out, in, bias.isPresent() ? bias.get().toArray() : null);
  }

  static Operation linear(Layer.Linear layer) {
    PackedMatrix matrix = pack(layer.weight().toArray(), layer.weight(), layer.bias());
    int in = layer.weight().shape().intSize(1);
    return (context, from) -> {
      Value.Floats given = Operations.floats(from, 0);
      if (given.shape().rank() == 0 || given.size(-1) != in) {
        throw new IllegalArgumentException(
            "input: expected " + in + " channels (last axis), got " + given.shape());
      }
      Value.Floats x = context.dense(given);
      long[] sizes = x.shape().toArray();
      sizes[sizes.length - 1] = matrix.out();
      Value.Floats y = context.floats(Shape.of(sizes));
      int rows =
          Math.toIntExact(in == 0 ? y.shape().elements() / Math.max(1, matrix.out()) : x.rows());
      int stride = PackedMatrix.Workspace.stride(in);
      MemorySegment a = context.matrices().x(Math.multiplyExact(rows, stride));
      int[] starts = context.matrices().starts(rows);
      Operations.rows(
          context.pool(),
          rows,
          (long) rows * in,
          (first, last) -> {
            for (int r = first; r < last; r++) {
              MemorySegment.copy(x.segment(), 4L * r * in, a, 4L * r * stride, 4L * in);
              starts[r] = r * stride;
            }
          });
      matrix.multiply(context.matrices(), rows, y.segment(), 0, context.pool());
      context.buffers().release(x);
      return y;
    };
  }

  /// A convolution reads overlapping rows: with taps outermost, the window of a step is one stretch
  /// of the padded input.
  static Operation convolution1d(Layer.Convolution1d layer) {
    int out = layer.weight().shape().intSize(0);
    int in = layer.weight().shape().intSize(1);
    int taps = layer.weight().shape().intSize(2);
    float[] given = layer.weight().toArray();
    float[] weight = new float[given.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        for (int s = 0; s < taps; s++) {
          weight[(o * taps + s) * in + i] = given[(o * in + i) * taps + s];
        }
      }
    }
    PackedMatrix matrix = pack(weight, layer.weight(), layer.bias());
    return (context, from) -> {
      Value.Floats x = Operations.floats(from, 0);
      Operations.expect(x, "[batch, length, in]", -1, -1, in);
      int batch = x.size(0);
      int length = x.size(1);
      int padded = length + 2 * layer.padding();
      int steps = Math.max(Math.floorDiv(padded - taps, layer.stride()) + 1, 0);
      Value.Floats y = context.floats(batch, steps, out);
      MemorySegment a =
          context.matrices().x(Math.multiplyExact(Math.multiplyExact(batch, padded), in));
      a.asSlice(0, 4L * batch * padded * in).fill((byte) 0);
      int[] starts = context.matrices().starts(batch * steps);
      for (int b = 0; b < batch; b++) {
        MemorySegment.copy(
            x.segment(),
            4L * b * x.stride(),
            a,
            4L * (b * padded + layer.padding()) * in,
            4L * length * in);
        for (int t = 0; t < steps; t++) {
          starts[b * steps + t] = (b * padded + t * layer.stride()) * in;
        }
      }
      matrix.multiply(context.matrices(), batch * steps, y.segment(), 0, context.pool());
      return y;
    };
  }

  static Operation patches(Layer.Patches layer) {
    PackedMatrix matrix = pack(layer.weight().toArray(), layer.weight(), layer.bias());
    int in = layer.weight().shape().intSize(1);
    int height = layer.weight().shape().intSize(2);
    int width = layer.weight().shape().intSize(3);
    int size = in * height * width;
    return (context, from) -> {
      Value.Floats given = Operations.floats(from, 0);
      Operations.expect(given, "[batch, in, height, width]", -1, in, -1, -1);
      Value.Floats x = context.dense(given);
      int batch = x.size(0);
      int rows = x.size(2) / height;
      int columns = x.size(3) / width;
      int patches = rows * columns;
      Value.Floats y = context.floats(batch, patches, matrix.out());
      MemorySegment a = context.matrices().x(Math.multiplyExact(batch * patches, size));
      int[] starts = context.matrices().starts(batch * patches);
      for (int row = 0; row < batch * patches; row++) {
        starts[row] = row * size;
        int top = row % patches / columns * height;
        int left = row % patches % columns * width;
        for (int line = 0; line < in * height; line++) {
          long channel = (long) (row / patches) * in + line / height;
          long at = (channel * x.size(2) + top + line % height) * x.size(3) + left;
          MemorySegment.copy(x.segment(), 4 * at, a, 4L * (row * size + line * width), 4L * width);
        }
      }
      matrix.multiply(context.matrices(), batch * patches, y.segment(), 0, context.pool());
      context.buffers().release(x);
      return y;
    };
  }

  /// Dot products of a few pooled vectors.
  static Operation similarity(double factor) {
    return (context, from) -> {
      Value.Floats a = Operations.floats(from, 0);
      Value.Floats b = Operations.floats(from, 1);
      Operations.expect(a, "[a, channels]", -1, -1);
      Operations.expect(b, "[b, channels]", -1, a.size(1));
      Value.Floats y = context.floats(a.size(0), b.size(0));
      float[] left = a.tensor().toArray();
      float[] right = b.tensor().toArray();
      int channels = a.size(1);
      for (int i = 0; i < a.size(0); i++) {
        for (int j = 0; j < b.size(0); j++) {
          float sum = 0;
          for (int c = 0; c < channels; c++) {
            sum = Math.fma(left[i * channels + c], right[j * channels + c], sum);
          }
          y.segment().setAtIndex(FLOAT, (long) i * b.size(0) + j, (float) (factor * sum));
        }
      }
      return y;
    };
  }
}
