package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;

/// [io.github.attention4j.api.Normalizer.Sparsemax] and
/// [io.github.attention4j.api.Normalizer.Entmax15] over the last axis, exactly, by sorting.
///
/// Scores are shifted by the row's largest. Both thresholds are at least the largest score minus 1
/// (in units of the sorted values), so that sorted values below −2 cannot matter and are raised to
/// it: sums stay finite with −∞ in the row, and a row of −∞ only gives 0.
final class SparseGraph {
  private SparseGraph() {}

  /// $\tau = (\sum_{j \le k} z_j - 1) / k$ for the largest $k$ with $1 + k z_k > \sum_{j \le k}
  /// z_j$.
  static Value sparsemax(Value scores) {
    Value shifted = shifted(scores);
    Value sorted = sorted(shifted);
    Value count = count(sorted);
    Value inside = count.times(sorted).plus(1).greater(sorted.cumulativeSum(-1));
    Value support = inside.cast(scores.type()).sum(-1);
    Value threshold = inside.choose(sorted, 0).sum(-1).minus(1).over(support);
    return shifted.minus(threshold).max(0);
  }

  /// $\tau_k = \mu_k - \sqrt{(1 - k \sigma_k^2)/k}$ over the $k$ largest halves, for the largest
  /// $k$ with $\tau_k \le z_k$.
  static Value entmax15(Value scores) {
    Value shifted = shifted(scores).times(0.5);
    Value sorted = sorted(shifted);
    Value count = count(sorted);
    Value mean = sorted.cumulativeSum(-1).over(count);
    Value spread = sorted.square().cumulativeSum(-1).minus(count.times(mean.square()));
    Value threshold = mean.minus(spread.negate().plus(1).over(count).max(0).sqrt());
    Value support = threshold.atMost(sorted).cast(Type.INT64).sum(-1);
    Value chosen = threshold.gatherElements(support.minus(1), -1);
    return shifted.minus(chosen).max(0).square();
  }

  private static Value shifted(Value scores) {
    Value largest = scores.largest(-1);
    return scores.minus(largest.same(Double.NEGATIVE_INFINITY).choose(0, largest));
  }

  private static Value sorted(Value shifted) {
    return shifted.max(-2).top(shifted.size(-1)).getFirst();
  }

  /// 1, 2, … as many as there are keys.
  private static Value count(Value sorted) {
    return sorted.length(-1).range().plus(1).cast(sorted.type());
  }
}
