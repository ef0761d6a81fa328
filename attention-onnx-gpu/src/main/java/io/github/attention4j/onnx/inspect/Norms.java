package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Layout.Offsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// ‖α_ij f(x_j)‖₂, f(x_j) = v_j W_O with the rows of W_O that belong to the head.
///
/// The bias of the values is part of f, that of the output is not (Kobayashi et al. 2020, equations
/// 5 and 6).
///
/// @param norms `[batch, heads, queries, keys]`, or null
/// @param reason why there are none; empty if there are
record Norms(@Nullable Tensor norms, String reason) {
  static Norms none(String reason) {
    return new Norms(null, reason);
  }

  /// Computes them.
  ///
  /// @param map the probabilities
  /// @param values the values
  /// @param projection W_O: `[heads * size, model]`
  /// @param transposed whether it is `[model, heads * size]` instead
  static Norms of(Offsets map, Offsets values, Tensor projection, boolean transposed) {
    int heads = map.heads().length;
    int size = values.size().length;
    if (projection.shape().rank() != 2) {
      return none("expected an output projection with two axes, got " + projection.describe());
    }
    int rows = projection.shape().intSize(transposed ? 1 : 0);
    int model = projection.shape().intSize(transposed ? 0 : 1);
    if (rows != heads * size) {
      return none(
          "expected an output projection of "
              + heads
              + " heads of size "
              + size
              + ", got "
              + projection.describe());
    }
    float[] weight = projection.toArray();
    int rowStride = transposed ? 1 : model;
    int columnStride = transposed ? rows : 1;
    int keys = map.keys().length;
    Tensor norms = Tensor.allocate(map.batch().length, heads, map.queries().length, keys);
    long to = 0;
    double[] transformed = new double[keys];
    double[] sums = new double[model];
    for (int b = 0; b < map.batch().length; b++) {
      for (int h = 0; h < heads; h++) {
        for (int k = 0; k < keys; k++) {
          Arrays.fill(sums, 0);
          for (int d = 0; d < size; d++) {
            double value =
                values
                    .array()
                    .at(
                        values.batch()[b]
                            + values.heads()[h]
                            + values.keys()[k]
                            + values.size()[d]);
            int row = (h * size + d) * rowStride;
            for (int m = 0; m < model; m++) {
              sums[m] += value * weight[row + m * columnStride];
            }
          }
          double square = 0;
          for (double sum : sums) {
            square += sum * sum;
          }
          transformed[k] = Math.sqrt(square);
        }
        for (long q : map.queries()) {
          for (int k = 0; k < keys; k++) {
            float alpha = map.array().at(map.batch()[b] + map.heads()[h] + q + map.keys()[k]);
            norms.set(to++, alpha == 0 ? 0 : (float) (Math.abs(alpha) * transformed[k]));
          }
        }
      }
    }
    return new Norms(norms, "");
  }
}
