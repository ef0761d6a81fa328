package io.github.attention4j.viz.analysis;

/// One weight, as evidence.
///
/// @param text the number of the text it was seen in, from 0
/// @param query the query's position
/// @param key the key's position
/// @param queryToken what the query is
/// @param keyToken what the key is
/// @param weight the weight
public record Cell(
    long text, int query, int key, String queryToken, String keyToken, double weight) {
  /// The same cell with its text's number moved up.
  Cell renumbered(long by) {
    return new Cell(text + by, query, key, queryToken, keyToken, weight);
  }
}
