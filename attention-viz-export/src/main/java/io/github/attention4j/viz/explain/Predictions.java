package io.github.attention4j.viz.explain;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import java.util.Map;

/** What the scores of a model say. */
final class Predictions {
  private Predictions() {}

  /// The best token at a position of the decoder, by the output `logits` or the only one with a row
  /// of scores for each of its tokens; -1 if there is none.
  static long next(Map<String, NdArray> outputs, int position, int length) {
    NdArray named = outputs.get("logits");
    if (named instanceof Tensor logits && isRows(logits, length)) {
      return best(logits, position);
    }
    return -1;
  }

  private static boolean isRows(Tensor scores, int length) {
    return scores.shape().rank() == 3
        && scores.shape().size(1) == length
        && scores.shape().size(2) > 1;
  }

  /// The largest score of a row of the first sample: `[batch, classes]` or `[batch, positions,
  /// vocabulary]`.
  static long best(Tensor scores, int row) {
    long classes = scores.shape().size(-1);
    long from = row * classes;
    long best = 0;
    for (long i = 1; i < classes; i++) {
      if (scores.at(from + i) > scores.at(from + best)) {
        best = i;
      }
    }
    return best;
  }

  /// Whether no query looks at a later key.
  static boolean isCausal(AttentionMap map) {
    long rows = map.weights().shape().size(1);
    long columns = map.weights().shape().size(2);
    if (rows != columns) {
      return false;
    }
    for (int head = 0; head < map.heads(); head++) {
      for (long row = 0; row < rows; row++) {
        for (long column = row + 1; column < columns; column++) {
          if (map.weights().at((head * rows + row) * columns + column) > 1e-6) {
            return false;
          }
        }
      }
    }
    return rows > 1;
  }
}
