package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.inspect.Layout.Offsets;

/// The probabilities of scaled dot-product attention from queries and keys, in double.
///
/// P = softmax(c tanh(s q·k / c) + mask), the softcap c only if it is not 0. The sum with the mask
/// is rounded to float32 as the runtimes do: a row that is masked with -3.4e38 throughout then
/// gives the runtime's uniform weights.
final class Recomputation {
  private Recomputation() {}

  /// What is added to the score of a cell; -∞ if the key may not be looked at.
  @FunctionalInterface
  interface Addend {
    float at(int batch, int head, int query, int key);
  }

  /// The probabilities, `[batch, heads, queries, keys]`; a row without any key is 0.
  static Tensor weights(
      Offsets queries, Offsets keys, double scale, double softcap, Addend addend) {
    int batch = queries.batch().length;
    int heads = queries.heads().length;
    int rows = queries.queries().length;
    int columns = keys.keys().length;
    Tensor map = Tensor.allocate(batch, heads, rows, columns);
    float[] scores = new float[columns];
    long to = 0;
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        for (int q = 0; q < rows; q++) {
          float largest = Float.NEGATIVE_INFINITY;
          for (int k = 0; k < columns; k++) {
            float added = addend.at(b, h, q, k);
            scores[k] = added;
            if (added != Float.NEGATIVE_INFINITY) {
              double score = scale * dot(queries, b, h, q, keys, k);
              scores[k] += (float) (softcap == 0 ? score : softcap * Math.tanh(score / softcap));
            }
            largest = Math.max(largest, scores[k]);
          }
          double sum = 0;
          for (int k = 0; k < columns && largest != Float.NEGATIVE_INFINITY; k++) {
            sum += Math.exp((double) scores[k] - largest);
          }
          for (int k = 0; k < columns; k++) {
            map.set(to++, sum == 0 ? 0 : (float) (Math.exp((double) scores[k] - largest) / sum));
          }
        }
      }
    }
    return map;
  }

  private static double dot(Offsets queries, int b, int h, int q, Offsets keys, int k) {
    long left = queries.batch()[b] + queries.heads()[h] + queries.queries()[q];
    long right = keys.batch()[b] + keys.heads()[h] + keys.keys()[k];
    double dot = 0;
    for (int d = 0; d < queries.size().length; d++) {
      dot +=
          (double) queries.array().at(left + queries.size()[d])
              * keys.array().at(right + keys.size()[d]);
    }
    return dot;
  }
}
