package io.github.attention4j.viz.bench;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Shape;
import java.util.Optional;

/// What a run has to do at least, by its formula and not by who runs it.
///
/// @param operations float32 operations of the matrix products, a multiply-add counting as two;
///   exponentials, comparisons and divisions do not count
/// @param bytes of keys and values, each read once
/// @param live the pairs of a [Mechanism.Pairwise]
public record Cost(double operations, double bytes, Optional<LivePairs> live) {
  /// The cost of a mechanism, or empty where no matrix products dominate it.
  static Optional<Cost> of(Mechanism mechanism, Inputs inputs) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise -> {
        LivePairs live = LivePairs.count(pairwise, inputs);
        yield Optional.of(
            new Cost(
                2.0 * live.pairs() * (keySize(inputs) + valueSize(inputs)),
                bytes(inputs),
                Optional.of(live)));
      }
      case Mechanism.Linearized(FeatureMap map, _) -> {
        double features = features(map, inputs);
        double mapped =
            switch (map) {
              case FeatureMap.EluPlusOne() -> 0;
              case FeatureMap.FavorPlus favor ->
                  2.0 * favor.omega().shape().size(-2) * keySize(inputs);
            };
        // Each key is added to the state and its normalizer, each query reads both.
        yield Optional.of(linear(inputs, mapped + 2 * features * (valueSize(inputs) + 1)));
      }
      case Mechanism.Recurrent(boolean gated, boolean delta, _) ->
          Optional.of(
              linear(
                  inputs,
                  (2.0 + (gated ? 0.5 : 0) + (delta ? 1 : 0))
                      * keySize(inputs)
                      * valueSize(inputs)));
      case Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.Memory _ ->
          Optional.empty();
    };
  }

  /// Of every query with the key at its place.
  private static Cost linear(Inputs inputs, double multiplyAdds) {
    Shape query = inputs.tensor(Inputs.QUERY).shape();
    double positions = (double) query.size(0) * query.size(1) * query.size(2);
    return new Cost(2 * multiplyAdds * positions, bytes(inputs), Optional.empty());
  }

  private static double features(FeatureMap map, Inputs inputs) {
    return switch (map) {
      case FeatureMap.EluPlusOne() -> keySize(inputs);
      case FeatureMap.FavorPlus favor ->
          favor.omega().shape().size(-2) * (favor.hyperbolic() ? 2.0 : 1.0);
    };
  }

  private static double bytes(Inputs inputs) {
    return 4.0
        * (inputs.tensor(Inputs.KEY).shape().elements()
            + inputs.tensor(Inputs.VALUE).shape().elements());
  }

  private static double keySize(Inputs inputs) {
    return inputs.tensor(Inputs.QUERY).shape().size(-1);
  }

  private static double valueSize(Inputs inputs) {
    return inputs.tensor(Inputs.VALUE).shape().size(-1);
  }
}
