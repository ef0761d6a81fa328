package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Value;
import org.jspecify.annotations.Nullable;

/// [io.github.attention4j.api.Normalizer.Softmax] over the last axis.
final class SoftmaxGraph {
  private SoftmaxGraph() {}

  /// @param scores −∞ where not allowed
  /// @param mayBeEmpty whether a row may consist of −∞ only, which must give 0 and not NaN
  static Value weights(Value scores, boolean mayBeEmpty) {
    Value weights = scores.softmax(-1);
    return mayBeEmpty
        ? scores.largest(-1).same(Double.NEGATIVE_INFINITY).choose(0, weights)
        : weights;
  }

  /// The weights and $\ln \sum_j e^{s_j}$ from the same exponentials.
  static Normalized withLogSumExp(Value scores) {
    Value largest = scores.largest(-1);
    Value shift = largest.same(Double.NEGATIVE_INFINITY).choose(0, largest);
    Value exponentials = scores.minus(shift).exp();
    Value sum = exponentials.sum(-1);
    Value weights = exponentials.over(sum.same(0).choose(1, sum));
    return new Normalized(weights, shift.plus(sum.log()).squeeze(-1));
  }

  /// What a normalizer gives.
  ///
  /// @param weights as the scores
  /// @param logSumExp `[batch, heads, queries]`, or null if not asked for
  record Normalized(Value weights, @Nullable Value logSumExp) {}
}
