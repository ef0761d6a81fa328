package io.github.attention4j.onnx.graph;

import java.util.Map;
import java.util.Set;

/// Which of several graphs of one description: what only a run decides.
///
/// @param present the optional inputs that are given
/// @param equalHeads whether queries and keys are known to have equally many heads, so that nothing
///   needs to be regrouped
/// @param ranks of inputs that may have several, where another than the usual is meant
public record Variant(Set<String> present, boolean equalHeads, Map<String, Integer> ranks) {
  /// Any number of heads, no optional inputs, usual ranks.
  public static final Variant GENERAL = new Variant(Set.of(), false, Map.of());

  public Variant {
    present = Set.copyOf(present);
    ranks = Map.copyOf(ranks);
  }
}
