package io.github.attention4j.viz.bench;

/// The sizes of queries, keys and values.
///
/// @param batch entries
/// @param heads of queries
/// @param keyHeads of keys and values
/// @param queries per head
/// @param keys per head
/// @param size of a vector
public record Dimensions(
    long batch, long heads, long keyHeads, long queries, long keys, long size) {
  /// Self-attention of one sequence.
  static Dimensions self(long heads, long length, long size) {
    return new Dimensions(1, heads, heads, length, length, size);
  }
}
