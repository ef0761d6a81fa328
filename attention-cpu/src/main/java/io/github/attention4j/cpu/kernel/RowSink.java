package io.github.attention4j.cpu.kernel;

/// Takes the finished scores of a panel of queries, tile by tile, for normalizers that need a whole
/// row at once.
interface RowSink {
  /// A panel begins; its groups are set.
  void begin(Panel x);

  /// Scores of a tile with biases, −∞ where a query may not attend.
  void tile(Panel x);

  /// All keys of a panel were seen.
  void end(Panel x, PackedHead head);
}
