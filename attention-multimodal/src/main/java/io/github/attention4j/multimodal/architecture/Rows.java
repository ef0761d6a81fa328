package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;

/// Rearranged parameters, for checkpoints that store them otherwise than layers want them.
final class Rows {
  private Rows() {}

  /** Rows `from` to `to` (exclusive) of a matrix, not copied. */
  static Tensor slice(Tensor matrix, int from, int to) {
    long width = matrix.shape().size(1);
    return Tensor.wrap(
        matrix.segment().asSlice(from * width * Float.BYTES, (to - from) * width * Float.BYTES),
        Shape.of(to - from, width));
  }

  /** A matrix with rows and columns exchanged. */
  static Tensor transposed(Tensor matrix) {
    int rows = matrix.shape().intSize(0);
    int columns = matrix.shape().intSize(1);
    Tensor to = Tensor.allocate(columns, rows);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        to.set((long) c * rows + r, matrix.at((long) r * columns + c));
      }
    }
    return to;
  }
}
