package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.Tensor;

/// Which keys a query could have looked at: what a baseline spreads its attention over.
///
/// A trace does not say which mask was used, but a mask leaves exact zeros in every head of a
/// layer. Found are: causal masks and windows (the smallest band of offsets `key - query` that
/// holds all weight), padding (keys and queries without any weight). A band is believed only if
/// most of what it allows is used; otherwise heads that look at one offset only would pass for a
/// mask.
public final class Support {
  private final int queries;
  private final int keys;
  private final int lowestOffset;
  private final int highestOffset;
  private final boolean[] usedQueries;
  private final int[] usedKeysBefore;

  private Support(
      int queries,
      int keys,
      int lowestOffset,
      int highestOffset,
      boolean[] usedQueries,
      int[] usedKeysBefore) {
    this.queries = queries;
    this.keys = keys;
    this.lowestOffset = lowestOffset;
    this.highestOffset = highestOffset;
    this.usedQueries = usedQueries;
    this.usedKeysBefore = usedKeysBefore;
  }

  /// The support of one layer's weights `[heads, queries, keys]`.
  public static Support of(Tensor weights) {
    int heads = weights.shape().intSize(0);
    int queries = weights.shape().intSize(1);
    int keys = weights.shape().intSize(2);
    boolean[] usedQueries = new boolean[queries];
    boolean[] usedKeys = new boolean[keys];
    long[] usedOffsets = new long[Math.max(1, queries + keys)];
    float[] row = new float[keys];
    for (int head = 0; head < heads; head++) {
      HeadWeights view = HeadWeights.of(weights, head);
      for (int query = 0; query < queries; query++) {
        view.row(query, row);
        for (int key = 0; key < keys; key++) {
          if (row[key] != 0) {
            usedQueries[query] = true;
            usedKeys[key] = true;
            usedOffsets[key - query + queries]++;
          }
        }
      }
    }
    int lowest = -queries;
    int highest = keys;
    while (highest > lowest && usedOffsets[highest - 1 + queries] == 0) {
      highest--;
    }
    while (lowest < highest && usedOffsets[lowest + queries] == 0) {
      lowest++;
    }
    highest--;
    int[] usedKeysBefore = new int[keys + 1];
    for (int key = 0; key < keys; key++) {
      usedKeysBefore[key + 1] = usedKeysBefore[key] + (usedKeys[key] ? 1 : 0);
    }
    Support band = new Support(queries, keys, lowest, highest, usedQueries, usedKeysBefore);
    if (band.isMostlyUsed(usedOffsets, heads)) {
      return band;
    }
    boolean causal = highest <= 0;
    return new Support(queries, keys, -queries, causal ? 0 : keys, usedQueries, usedKeysBefore);
  }

  private boolean isMostlyUsed(long[] usedOffsets, int heads) {
    long used = 0;
    for (long count : usedOffsets) {
      used += count;
    }
    long allowed = 0;
    for (int query = 0; query < queries; query++) {
      allowed += allowed(query);
    }
    return highestOffset - lowestOffset >= 2 && 2 * used >= allowed * heads;
  }

  /// How many keys `query` could have looked at; 0 for padding.
  public int allowed(int query) {
    if (!usedQueries[query]) {
      return 0;
    }
    int from = Math.clamp((long) query + lowestOffset, 0, keys);
    int to = Math.clamp((long) query + highestOffset + 1, 0, keys);
    return Math.max(0, usedKeysBefore[Math.max(from, to)] - usedKeysBefore[from]);
  }

  /// Whether `query` could have looked at `key`.
  public boolean allows(int query, int key) {
    int offset = key - query;
    return usedQueries[query]
        && usedKeysBefore[key + 1] > usedKeysBefore[key]
        && offset >= lowestOffset
        && offset <= highestOffset;
  }

  int queries() {
    return queries;
  }

  /// How many rows would have their largest weight at each offset `key - query`, by chance; offset
  /// 0 stands at index [#queries]. Rows with fewer than two allowed keys do not count.
  double[] offsetChances() {
    double[] chances = new double[queries + keys];
    for (int query = 0; query < queries; query++) {
      int allowed = allowed(query);
      for (int key = 0; allowed >= 2 && key < keys; key++) {
        if (allows(query, key)) {
          chances[key - query + queries] += 1.0 / allowed;
        }
      }
    }
    return chances;
  }
}
