package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// The weights `[queries, keys]` of one head: a view, nothing is copied.
public final class HeadWeights {
  private final MemorySegment segment;
  private final int queries;
  private final int keys;

  private HeadWeights(MemorySegment segment, int queries, int keys) {
    this.segment = segment;
    this.queries = queries;
    this.keys = keys;
  }

  /// Head number `head` of a map.
  public static HeadWeights of(AttentionMap map, int head) {
    return of(map.weights(), head);
  }

  /// The `head`-th matrix of an array whose last two axes are queries and keys; all axes before
  /// them are counted as one.
  public static HeadWeights of(Tensor weights, int head) {
    if (weights.shape().rank() < 2) {
      throw new IllegalArgumentException(
          "weights: expected [..., queries, keys], got " + weights.describe());
    }
    int queries = weights.shape().intSize(-2);
    int keys = weights.shape().intSize(-1);
    long cells = (long) queries * keys;
    long heads = 1;
    for (int axis = 0; axis < weights.shape().rank() - 2; axis++) {
      heads *= weights.shape().size(axis);
    }
    if (head < 0 || head >= heads) {
      throw new IllegalArgumentException(
          "head: expected 0 to " + (heads - 1) + " for " + weights.describe() + ", got " + head);
    }
    return new HeadWeights(
        weights.segment().asSlice(head * cells * Float.BYTES, cells * Float.BYTES), queries, keys);
  }

  /// The number of queries: rows.
  public int queries() {
    return queries;
  }

  /// The number of keys: columns.
  public int keys() {
    return keys;
  }

  /// The weight that `query` gives to `key`.
  public float get(int query, int key) {
    Objects.checkIndex(query, queries);
    Objects.checkIndex(key, keys);
    return segment.getAtIndex(ValueLayout.JAVA_FLOAT, (long) query * keys + key);
  }

  /// Copies the weights of `query` into `row`, which has room for all keys.
  public void row(int query, float[] row) {
    Objects.checkIndex(query, queries);
    MemorySegment.copy(
        segment, ValueLayout.JAVA_FLOAT, (long) query * keys * Float.BYTES, row, 0, keys);
  }
}
