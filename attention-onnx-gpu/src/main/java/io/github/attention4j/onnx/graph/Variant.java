package io.github.attention4j.onnx.graph;

import java.util.Set;

/// Which of several graphs of one description: what only a run decides.
///
/// @param present the optional inputs that are given
/// @param equalHeads whether queries and keys are known to have equally many heads, so that nothing
///   needs to be regrouped
public record Variant(Set<String> present, boolean equalHeads) {
  /// Any number of heads, no optional inputs.
  public static final Variant GENERAL = new Variant(Set.of(), false);

  public Variant {
    present = Set.copyOf(present);
  }
}
