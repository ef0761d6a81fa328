package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Value;
import org.jspecify.annotations.Nullable;

/// Grouped heads without copies: consecutive query heads that share a key head are consecutive in
/// memory, so `[batch, queryHeads, queries, size]` is also `[batch, keyHeads, group * queries,
/// size]`, and one matrix product serves the group.
final class Grouping {
  private final Value queries;
  private final Value keys;
  private final boolean equalHeads;
  private @Nullable Value group;

  /// @param queries any value `[batch, queryHeads, queries, _]`
  /// @param keys any value `[batch, keyHeads, keys, _]`
  /// @param equalHeads whether both are known to have equally many heads
  Grouping(Value queries, Value keys, boolean equalHeads) {
    this.queries = queries;
    this.keys = keys;
    this.equalHeads = equalHeads;
  }

  /// `[batch, queryHeads, queries, size]` times `[batch, keyHeads, size, other]`.
  Value matmul(Value left, Value right) {
    if (equalHeads) {
      return left.matmul(right);
    }
    Value rows = left.size(2).times(group());
    Value grouped = left.reshape(right.sizes(0, 2), rows, left.size(3));
    return grouped.matmul(right).reshape(left.sizes(0, 3), right.size(3));
  }

  /// `[batch, keyHeads, keys, size]`, each head repeated for its group.
  Value repeat(Value perKeyHead) {
    if (equalHeads) {
      return perKeyHead;
    }
    Value wide =
        perKeyHead
            .unsqueeze(2)
            .expand(Value.concat(0, perKeyHead.sizes(0, 2), group(), perKeyHead.sizes(2, 4)));
    return wide.reshape(queries.sizes(0, 2), perKeyHead.sizes(2, 4));
  }

  private Value group() {
    Value known = group;
    if (known == null) {
      known = queries.size(1).over(keys.size(1));
      group = known;
    }
    return known;
  }
}
