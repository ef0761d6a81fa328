package io.github.attention4j.multimodal.architecture;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What a stack of tokens reads: ids, and where given a mask of keys and positions.
///
/// @param mask a value of [io.github.attention4j.api.network.Layer.KeyMask]
/// @param positions int64 `[batch, length]`
record TokenInputs(Optional<String> mask, Optional<String> positions) {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String POSITIONS = "position_ids";

  /** As an architecture lists them. */
  static List<Architecture.Input> described() {
    return List.of(
        new Architecture.Input(IDS, true, "int64 [batch, length]: tokens"),
        new Architecture.Input(MASK, false, "int64 [batch, keys]: 1 for tokens, 0 for padding"),
        new Architecture.Input(
            POSITIONS, false, "int64 [batch, length]: positions, 0, 1, 2 … if absent"));
  }

  /**
   * Declares them.
   *
   * @param keys the name of the mask's axis: another than {@code length} where a session remembers
   */
  static TokenInputs declare(ModelGraph graph, Set<String> given, String keys) {
    graph.ids(IDS, ModelGraph.BATCH, "length");
    return new TokenInputs(
        graph.keyMask(graph.idsIfGiven(given, MASK, ModelGraph.BATCH, keys), 0),
        graph.idsIfGiven(given, POSITIONS, ModelGraph.BATCH, "length"));
  }
}
