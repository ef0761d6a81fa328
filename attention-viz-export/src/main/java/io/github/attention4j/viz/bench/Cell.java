package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Request;
import java.util.Set;

/// One cell of the grid: a request on inputs of some sizes.
///
/// @param group where it belongs
/// @param series cells that differ in their length alone have the same
/// @param length what grows along a series
/// @param sizes of the inputs
/// @param request what is asked for
/// @param extras names of inputs beyond queries, keys and values: [Inputs#LENGTHS],
///   [Inputs#GLOBAL], [#DECAY], [#BETA]
public record Cell(
    Group group,
    String series,
    long length,
    Dimensions sizes,
    Request request,
    Set<String> extras) {
  /// What a gated recurrence forgets at each step.
  static final String DECAY = "decay";

  /// How much a delta rule writes at each step.
  static final String BETA = "beta";

  public Cell {
    extras = Set.copyOf(extras);
  }

  /// The inputs, the same in every call.
  Inputs inputs() {
    Inputs inputs = RandomArrays.inputs(sizes);
    if (extras.contains(Inputs.LENGTHS)) {
      inputs = inputs.with(Inputs.LENGTHS, RandomArrays.lengths(sizes.batch(), sizes.keys()));
    }
    if (extras.contains(Inputs.GLOBAL)) {
      inputs = inputs.with(Inputs.GLOBAL, RandomArrays.global(sizes.batch(), sizes.keys()));
    }
    if (extras.contains(DECAY)) {
      inputs = inputs.with(DECAY, RandomArrays.decay(sizes));
    }
    if (extras.contains(BETA)) {
      inputs = inputs.with(BETA, RandomArrays.beta(sizes));
    }
    return inputs;
  }
}
