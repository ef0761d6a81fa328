package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Tensor;

/// The inputs of one run of a [Recurrent], checked.
public final class RecurrentInputs {
  /// The name of $\ln \gamma$.
  public static final String DECAY = "decay";

  /// The name of $\beta$.
  public static final String BETA = "beta";

  /// The name of $S$, as input and as result.
  public static final String STATE = "state";

  private final HeadInputs heads;
  private final boolean decayPerElement;
  private final boolean hasState;

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public RecurrentInputs(Recurrent mechanism, Inputs inputs) {
    heads = HeadInputs.of(inputs);
    heads.checkOneLength();
    if (mechanism.gated()) {
      Tensor decay = inputs.tensor(DECAY);
      decayPerElement = decay.shape().rank() == 4;
      if (decayPerElement) {
        Expect.shape(
            DECAY,
            decay,
            "[batch, keyHeads, length, keySize]",
            heads.batch(),
            heads.keyHeads(),
            heads.keys(),
            heads.keySize());
      } else {
        Expect.shape(
            DECAY,
            decay,
            "[batch, keyHeads, length] or [batch, keyHeads, length, keySize]",
            heads.batch(),
            heads.keyHeads(),
            heads.keys());
      }
    } else {
      decayPerElement = false;
    }
    if (mechanism.delta()) {
      Expect.shape(
          BETA,
          inputs.tensor(BETA),
          "[batch, keyHeads, length]",
          heads.batch(),
          heads.keyHeads(),
          heads.keys());
    }
    hasState = inputs.has(STATE);
    if (hasState) {
      Expect.shape(
          STATE,
          inputs.tensor(STATE),
          "[batch, keyHeads, keySize, valueSize]",
          heads.batch(),
          heads.keyHeads(),
          heads.keySize(),
          heads.valueSize());
    }
  }

  /// Queries, keys and values.
  public HeadInputs heads() {
    return heads;
  }

  /// Whether each element of a key has a decay of its own.
  public boolean decayPerElement() {
    return decayPerElement;
  }

  /// Whether a sequence is continued.
  public boolean hasState() {
    return hasState;
  }
}
