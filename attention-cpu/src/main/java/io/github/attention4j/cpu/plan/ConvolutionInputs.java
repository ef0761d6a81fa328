package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LongConvolution;
import io.github.attention4j.api.Tensor;

/// The inputs of one run of a [LongConvolution], checked.
///
/// @param gates `[order, batch, length, channels]`
/// @param value `[batch, length, channels]`
/// @param taps how many taps of the filters act: at most the length
public record ConvolutionInputs(Tensor gates, Tensor value, int taps) {
  /// The name of the gates.
  public static final String GATES = "gates";

  /// Checks the inputs of a run.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  public static ConvolutionInputs of(LongConvolution mechanism, Inputs inputs) {
    Tensor gates = inputs.tensor(GATES);
    Tensor value = inputs.tensor(Inputs.VALUE);
    Tensor filters = mechanism.filters();
    Expect.shape(
        Inputs.VALUE,
        value,
        "[batch, length, channels]",
        Expect.ANY,
        Expect.ANY,
        filters.shape().size(1));
    Expect.shape(
        GATES,
        gates,
        "[order, batch, length, channels]",
        filters.shape().size(0),
        value.shape().size(0),
        value.shape().size(1),
        value.shape().size(2));
    return new ConvolutionInputs(
        gates, value, Math.min(filters.shape().intSize(2), value.shape().intSize(1)));
  }

  /// How many gates there are.
  public int order() {
    return gates.shape().intSize(0);
  }

  /// Entries of the batch.
  public int batch() {
    return value.shape().intSize(0);
  }

  /// Positions.
  public int length() {
    return value.shape().intSize(1);
  }

  /// Channels.
  public int channels() {
    return value.shape().intSize(2);
  }
}
