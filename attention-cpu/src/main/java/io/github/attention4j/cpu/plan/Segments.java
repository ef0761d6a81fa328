package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Landmark;

/// The segments whose means are the landmarks of [Landmark]: segment $s$ covers $\lfloor sn/m
/// \rfloor$ to $\lfloor (s+1)n/m \rfloor - 1$.
///
/// @param heads queries, keys and values, of one length
/// @param count $m$
public record Segments(HeadInputs heads, int count) {

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit, or if there are more
  ///   landmarks than positions
  public static Segments of(Landmark mechanism, Inputs inputs) {
    HeadInputs heads = HeadInputs.of(inputs);
    heads.checkOneLength();
    if (heads.keys() > 0) {
      Expect.atLeast(
          Inputs.KEY, "as many keys as landmarks, keys", mechanism.landmarks(), heads.keys());
    }
    return new Segments(heads, mechanism.landmarks());
  }

  /// The first position of a segment; of segment $m$, the length.
  public int start(int segment) {
    return (int) ((long) segment * heads.keys() / count);
  }
}
