package io.github.attention4j.cpu.kernel;

/// Takes the finished scores of a panel of queries, tile by tile, for normalizers that need a whole
/// row at once, and gives weights back.
interface RowSink {
  /// A panel begins; its groups are set.
  void begin(Panel x);

  /// Scores of a tile with biases, −∞ where a query may not attend.
  void tile(Panel x);

  /// All keys of a panel were seen: whether there are weights now, to be taken tile by tile.
  boolean end(Panel x);

  /// Makes the weights of keys `from` to `from + count` − 1 those of the tile; false if all are 0.
  boolean weights(Panel x, int from, int count);
}
