package io.github.attention4j.api.trace;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;

/// The attention weights of one layer for one sample.
///
/// @param name where they come from: the node's name in the model
/// @param label the kind and the number of the layer
/// @param weights `[heads, queries, keys]`
/// @param queries what the queries are
/// @param keys what the keys are
/// @param proof what was checked, such as `verified: rows sum to 1`, `recomputed`, or why not;
///   empty if nothing was
public record AttentionMap(
    String name, MapLabel label, Tensor weights, Labels queries, Labels keys, String proof) {
  public AttentionMap {
    if (weights.shape().rank() != 3) {
      throw new IllegalArgumentException(
          "weights: expected [heads, queries, keys], got " + weights.describe());
    }
    check("queries", queries, weights.shape().size(1));
    check("keys", keys, weights.shape().size(2));
  }

  private static void check(String side, Labels labels, long expected) {
    if (labels.size() != expected) {
      throw new IllegalArgumentException(
          side + ": expected " + expected + " labels, got " + labels.size());
    }
  }

  /// The number of heads.
  public int heads() {
    return weights.shape().intSize(0);
  }
}
