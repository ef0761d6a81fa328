package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.ProductKeys;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;

/// The inputs of one run of [ProductKeys], checked.
///
/// @param query `[batch, heads, queries, 2 half]`
/// @param half elements of a half key
/// @param keys $n$: half keys on each side
public record ProductInputs(Tensor query, int half, int keys) {

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static ProductInputs of(ProductKeys mechanism, Inputs inputs) {
    Shape keys = mechanism.first().shape();
    Tensor query = inputs.tensor(Inputs.QUERY);
    Expect.shape(
        Inputs.QUERY,
        query,
        "[batch, heads, queries, 2 half]",
        Expect.ANY,
        keys.size(0),
        Expect.ANY,
        2 * keys.size(2));
    return new ProductInputs(query, keys.intSize(2), keys.intSize(1));
  }

  /// Entries of the batch.
  public int batch() {
    return query.shape().intSize(0);
  }

  /// Heads.
  public int heads() {
    return query.shape().intSize(1);
  }

  /// Queries per head.
  public int queries() {
    return query.shape().intSize(2);
  }
}
