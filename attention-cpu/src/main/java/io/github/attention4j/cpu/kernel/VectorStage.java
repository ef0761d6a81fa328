package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Tensor;
import org.jspecify.annotations.Nullable;

/// What happens to a query or a key while it is packed: rotate, multiply by a matrix, divide by the
/// norm; each optional, in this order.
final class VectorStage {
  /// Leaves vectors as they are.
  static final VectorStage NONE = new VectorStage(null, null, 0, 0, false, false);

  private final @Nullable Rotation rotation;

  /// `[heads or 1][in][out]`.
  private final float @Nullable [] matrix;

  private final int in;
  private final int out;
  private final boolean perHead;
  private final boolean unit;

  private VectorStage(
      @Nullable Rotation rotation,
      float @Nullable [] matrix,
      int in,
      int out,
      boolean perHead,
      boolean unit) {
    this.rotation = rotation;
    this.matrix = matrix;
    this.in = in;
    this.out = out;
    this.perHead = perHead;
    this.unit = unit;
  }

  /// Rotates, if there is a rotation.
  static VectorStage rotated(@Nullable Rotation rotation) {
    return rotation == null ? NONE : new VectorStage(rotation, null, 0, 0, false, false);
  }

  /// Rotates, if there is a rotation, and divides by the norm; a zero vector stays zero.
  static VectorStage unit(@Nullable Rotation rotation) {
    return new VectorStage(rotation, null, 0, 0, false, true);
  }

  /// Multiplies by a matrix `[heads, in, out]` or `[in, out]`, or of the transposed form.
  static VectorStage matrix(@Nullable Rotation rotation, Tensor weight, boolean transposed) {
    boolean perHead = weight.shape().rank() == 3;
    int heads = perHead ? weight.shape().intSize(0) : 1;
    int rows = weight.shape().intSize(-2);
    int columns = weight.shape().intSize(-1);
    float[] values = weight.toArray();
    if (transposed) {
      float[] turned = new float[values.length];
      for (int h = 0; h < heads; h++) {
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < columns; c++) {
            turned[(h * columns + c) * rows + r] = values[(h * rows + r) * columns + c];
          }
        }
      }
      return new VectorStage(rotation, turned, columns, rows, perHead, false);
    }
    return new VectorStage(rotation, values, rows, columns, perHead, false);
  }

  /// Whether there is a matrix for every query head.
  boolean perHead() {
    return perHead;
  }

  /// Whether vectors can be copied as they are.
  boolean none() {
    return rotation == null && matrix == null && !unit;
  }

  /// How many elements a vector of `size` has afterwards.
  int size(int size) {
    return matrix == null ? size : out;
  }

  /// Turns the vector in `x` into the one in `y` at an index.
  void apply(float[] x, int size, float[] y, int at, int head, long position) {
    if (rotation != null) {
      rotation.apply(x, 0, position);
    }
    float[] weight = matrix;
    if (weight == null) {
      System.arraycopy(x, 0, y, at, size);
    } else {
      int from = perHead ? head * in * out : 0;
      java.util.Arrays.fill(y, at, at + out, 0f);
      for (int i = 0; i < in; i++) {
        float factor = x[i];
        int row = from + i * out;
        for (int o = 0; o < out; o++) {
          y[at + o] = Math.fma(factor, weight[row + o], y[at + o]);
        }
      }
    }
    if (unit) {
      normalize(y, at, size(size));
    }
  }

  private static void normalize(float[] y, int at, int size) {
    double squares = 0;
    for (int i = 0; i < size; i++) {
      squares += (double) y[at + i] * y[at + i];
    }
    if (squares > 0) {
      double factor = 1 / Math.sqrt(squares);
      for (int i = 0; i < size; i++) {
        y[at + i] = (float) (y[at + i] * factor);
      }
    }
  }
}
