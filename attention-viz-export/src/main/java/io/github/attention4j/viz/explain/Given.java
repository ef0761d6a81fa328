package io.github.attention4j.viz.explain;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a user gives a model to read.
///
/// @param source the text; null if there is none
/// @param target what a decoder has written so far, its start token first; null if there is none
/// @param pixels a picture as the model reads it, `[1, channels, height, width]`; null if there is
///   none
/// @param arrays by the names of the model's inputs; they come before anything else
/// @param pad the token that fills a text up where the model reads a fixed number
public record Given(
    @Nullable Positions source,
    @Nullable Positions target,
    @Nullable Tensor pixels,
    Map<String, NdArray> arrays,
    long pad) {
  /// Nothing at all.
  static final Given NOTHING = new Given(null, null, null, Map.of(), 0);

  public Given {
    arrays = Map.copyOf(arrays);
  }

  /// The same with other tokens of the decoder.
  Given withTarget(Positions newTarget) {
    return new Given(source, newTarget, pixels, arrays, pad);
  }
}
