package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;

/** Probabilities from the formula, in double, to compare with. */
final class NaiveAttention {
  private NaiveAttention() {}

  /** What is added to a score. */
  @FunctionalInterface
  interface Bias {
    double at(int batch, int head, int query, int key);
  }

  /** `x W` for each row. */
  static double[][][] project(Tensor x, float[] weight, int columns) {
    int batch = x.shape().intSize(0);
    int length = x.shape().intSize(1);
    int rows = x.shape().intSize(2);
    double[][][] y = new double[batch][length][columns];
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < length; i++) {
        for (int c = 0; c < columns; c++) {
          for (int r = 0; r < rows; r++) {
            y[b][i][c] += (double) x.get(b, i, r) * weight[r * columns + c];
          }
        }
      }
    }
    return y;
  }

  /**
   * softmax(scale q·k + bias), a row without any key 0; `sink` adds a key of that score that is not
   * shown.
   */
  static Tensor probabilities(
      double[][][] queries,
      double[][][] keys,
      int heads,
      int keyHeads,
      double scale,
      Bias bias,
      double sink) {
    int size = queries[0][0].length / heads;
    Tensor map = Tensor.allocate(queries.length, heads, queries[0].length, keys[0].length);
    long to = 0;
    for (int b = 0; b < queries.length; b++) {
      for (int h = 0; h < heads; h++) {
        int keyHead = h / (heads / keyHeads);
        for (int q = 0; q < queries[0].length; q++) {
          double[] scores = new double[keys[0].length];
          double sum = Math.exp(sink);
          for (int k = 0; k < scores.length; k++) {
            for (int d = 0; d < size; d++) {
              scores[k] += queries[b][q][h * size + d] * keys[b][k][keyHead * size + d];
            }
            scores[k] = Math.exp(scale * scores[k] + bias.at(b, h, q, k));
            sum += scores[k];
          }
          for (double score : scores) {
            map.set(to++, sum == 0 ? 0 : (float) (score / sum));
          }
        }
      }
    }
    return map;
  }
}
