package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Linearized;
import io.github.attention4j.api.Tensor;

/// The inputs of one run of a [Linearized], checked.
public final class LinearizedInputs {
  /// The name of $\sum_j \phi(k_j) v_j^\top$, as input and as result.
  public static final String STATE_S = "state_s";

  /// The name of $\sum_j \phi(k_j)$, as input and as result.
  public static final String STATE_Z = "state_z";

  private final HeadInputs heads;
  private final PrefixScope scope;
  private final int features;
  private final boolean hasState;

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public LinearizedInputs(Linearized mechanism, Inputs inputs) {
    heads = HeadInputs.of(inputs);
    scope = PrefixScope.of(mechanism.scope(), inputs, heads.batch(), heads.keys());
    features =
        switch (mechanism.features()) {
          case FeatureMap.EluPlusOne() -> heads.keySize();
          case FeatureMap.FavorPlus(Tensor omega, boolean hyperbolic) -> {
            Expect.equal("omega", "keySize (last axis)", heads.keySize(), omega.shape().size(-1));
            if (omega.shape().rank() == 3) {
              HeadInputs.checkHeads("omega", omega, heads.queryHeads());
              Expect.equal(
                  "key", "as many heads as omega and query,", heads.queryHeads(), heads.keyHeads());
            }
            yield Math.multiplyExact(omega.shape().intSize(-2), hyperbolic ? 2 : 1);
          }
        };
    hasState = inputs.has(STATE_S) || inputs.has(STATE_Z);
    if (hasState) {
      Expect.shape(
          STATE_S,
          inputs.tensor(STATE_S),
          "[batch, keyHeads, features, valueSize]",
          heads.batch(),
          heads.keyHeads(),
          features,
          heads.valueSize());
      Expect.shape(
          STATE_Z,
          inputs.tensor(STATE_Z),
          "[batch, keyHeads, features]",
          heads.batch(),
          heads.keyHeads(),
          features);
    }
  }

  /// Queries, keys and values.
  public HeadInputs heads() {
    return heads;
  }

  /// Which keys a query sees.
  public PrefixScope scope() {
    return scope;
  }

  /// The number of features.
  public int features() {
    return features;
  }

  /// Whether a sequence is continued.
  public boolean hasState() {
    return hasState;
  }
}
