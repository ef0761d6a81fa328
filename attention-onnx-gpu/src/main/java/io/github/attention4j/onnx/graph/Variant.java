package io.github.attention4j.onnx.graph;

import java.util.Map;
import java.util.Set;

/// Which of several graphs of one description: what only a run decides.
///
/// @param present the optional inputs that are given
/// @param equalHeads whether queries and keys are known to have equally many heads, so that nothing
///   needs to be regrouped
/// @param ranks of inputs that may have several, where another than the usual is meant
/// @param sizes what is known of the sizes of queries, keys and values
public record Variant(
    Set<String> present, boolean equalHeads, Map<String, Integer> ranks, Sizes sizes) {
  /// Any number of heads, no optional inputs, usual ranks.
  public static final Variant GENERAL = new Variant(Set.of(), false, Map.of());

  public Variant {
    present = Set.copyOf(present);
    ranks = Map.copyOf(ranks);
  }

  /// Nothing known of sizes but the heads.
  public Variant(Set<String> present, boolean equalHeads, Map<String, Integer> ranks) {
    this(present, equalHeads, ranks, Sizes.ANY);
  }

  /// What operators with demands on sizes need to know before the graph is built.
  ///
  /// @param group query heads per key head, or 0 if that is not known
  /// @param single whether there is known to be one query
  /// @param square whether there are known to be as many queries as keys
  /// @param eights whether vectors of keys and values are known to be equally long, by a multiple
  ///   of 8
  public record Sizes(int group, boolean single, boolean square, boolean eights) {
    /// Nothing is known.
    public static final Sizes ANY = new Sizes(0, false, false, false);
  }
}
