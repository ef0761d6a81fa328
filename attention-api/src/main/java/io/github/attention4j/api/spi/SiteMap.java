package io.github.attention4j.api.spi;

import io.github.attention4j.api.Tensor;
import org.jspecify.annotations.Nullable;

/// The attention probabilities of one site for a whole batch.
///
/// @param site where
/// @param weights `[batch, heads, queries, keys]`
/// @param proof what was checked: starts with `verified`, `recomputed` or `not verified`, then says
///   what or why not
/// @param norms `[batch, heads, queries, keys]`: ‖α_ij f(x_j)‖₂ with f(x_j) = v_j W_O of the head,
///   the length of what key j adds to the output of query i (Kobayashi, Kuribayashi, Yokoi, Inui
///   2020, Attention is Not Only a Weight); null if not asked for or not found
/// @param normsReason why there are no norms though they were asked for; empty otherwise
public record SiteMap(
    AttentionSite site, Tensor weights, String proof, @Nullable Tensor norms, String normsReason) {
  public SiteMap {
    if (weights.shape().rank() != 4) {
      throw new IllegalArgumentException(
          "weights: expected [batch, heads, queries, keys], got " + weights.describe());
    }
    if (norms != null && !norms.shape().equals(weights.shape())) {
      throw new IllegalArgumentException(
          "norms: expected the shape of the weights, "
              + weights.shape()
              + ", got "
              + norms.describe());
    }
  }
}
