package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.Broadcast;
import io.github.attention4j.cpu.plan.PairwiseInputs;

/// The formulas of [Bias].
@FunctionalInterface
interface BiasTerm {
  /// $b_{ij}$.
  double bias(int b, int h, int i, int j);

  /// The bias in one run.
  static BiasTerm of(Bias bias, PairwiseInputs inputs) {
    return switch (bias) {
      case Bias.Dense(String input) -> {
        Tensor dense = inputs.inputs().tensor(input);
        Broadcast at = inputs.broadcast(input, dense);
        yield (b, h, i, j) -> dense.at(at.index(b, h, i, j));
      }
      case Bias.Alibi(Tensor slopes) ->
          (b, h, i, j) -> -slopes.at(h) * (double) Math.abs(inputs.position(b, i) - j);
      case Bias.RelativeBuckets buckets ->
          (b, h, i, j) -> buckets.table().get(buckets.bucket(j - inputs.position(b, i)), h);
    };
  }
}
