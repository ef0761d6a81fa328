package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Placement;
import io.github.attention4j.onnx.graph.Value;
import org.jspecify.annotations.Nullable;

/// The positions of queries and keys as [Placement] gives them, made when first asked for.
final class Positions {
  private final Placement placement;
  private final Sources sources;
  private final Value queryCount;
  private final Value keyCount;
  private @Nullable Value query;
  private @Nullable Value key;

  /// @param queryCount int64 `[1]`
  /// @param keyCount int64 `[1]`
  Positions(Placement placement, Sources sources, Value queryCount, Value keyCount) {
    this.placement = placement;
    this.sources = sources;
    this.queryCount = queryCount;
    this.keyCount = keyCount;
  }

  /// Of queries: int64 `[1 or batch, 1, queries, 1]`.
  Value query() {
    Value known = query;
    if (known == null) {
      Value index = queryCount.squeeze(0).range().unsqueeze(0, 1, 3);
      known =
          switch (placement) {
            case Placement.Start(var offset) ->
                offset == 0 ? index : index.plus(queryCount.graph().scalar(offset));
            case Placement.End _ -> index.plus(keyCount.minus(queryCount));
            case Placement.EndOfLength(var lengths) ->
                index.plus(sources.longs(lengths, "batch").minus(queryCount).unsqueeze(1, 2, 3));
          };
      query = known;
    }
    return known;
  }

  /// Of keys: int64 `[1, 1, 1, keys]`.
  Value key() {
    Value known = key;
    if (known == null) {
      known = keyCount.squeeze(0).range().unsqueeze(0, 1, 2);
      key = known;
    }
    return known;
  }

  /// Key position minus query position: int64 `[1 or batch, 1, queries, keys]`.
  Value distance() {
    return key().minus(query());
  }

  /// int64 `[1]`.
  Value queryCount() {
    return queryCount;
  }

  /// int64 `[1]`.
  Value keyCount() {
    return keyCount;
  }

  Placement placement() {
    return placement;
  }
}
