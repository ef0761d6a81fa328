package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Tensor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must be fetched for a site, and how it becomes a map. */
interface Reading {
  /// The outputs to fetch.
  Set<String> outputs();

  /// The map.
  ///
  /// @throws NotShownException if it cannot be given
  Shown read(Fetched fetched);

  /// A map and what is known of it.
  ///
  /// @param weights `[batch, heads, queries, keys]`
  /// @param norms of the same shape, or null
  record Shown(Tensor weights, String proof, @Nullable Tensor norms, String normsReason) {}
}
