package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LowRank;

/// The inputs of one run of a [LowRank], checked.
///
/// @param heads queries, keys and values
/// @param scope how many keys are valid
/// @param projected how many positions keys and values are projected to
public record LowRankInputs(HeadInputs heads, PrefixScope scope, int projected) {

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static LowRankInputs of(LowRank mechanism, Inputs inputs) {
    HeadInputs heads = HeadInputs.of(inputs);
    HeadInputs.checkHeads("keys", mechanism.keys(), heads.keyHeads());
    HeadInputs.checkHeads("values", mechanism.values(), heads.keyHeads());
    Expect.equal(
        Inputs.KEY,
        "as many keys as the projection has columns,",
        mechanism.keys().shape().size(-1),
        heads.keys());
    return new LowRankInputs(
        heads,
        PrefixScope.of(mechanism.scope(), inputs, heads.batch(), heads.keys()),
        mechanism.keys().shape().intSize(-2));
  }
}
