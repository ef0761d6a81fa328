package io.github.attention4j.viz.conform;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.audio.TimeWarping;
import io.github.attention4j.multimodal.audio.TokenAlignment;
import java.util.LinkedHashMap;
import java.util.Map;

/** Monotonic alignment of tokens with time, as Whisper's word timestamps. */
final class AlignmentCases {
  private static final int PUBLISHED_WIDTH = 7;

  private AlignmentCases() {}

  static Map<String, NdArray> timeWarping(CaseInputs golden, Execution on) {
    return named(TimeWarping.of(golden.tensor("cost")));
  }

  static Map<String, NdArray> tokens(CaseInputs golden, Execution on) {
    TokenAlignment alignment =
        TokenAlignment.of(
            golden.tensor("attention"), golden.integer("median_width", PUBLISHED_WIDTH));
    Map<String, NdArray> computed = named(alignment.path());
    computed.put("matrix", alignment.matrix());
    computed.put("znorm", alignment.normalized());
    computed.put("filtered", alignment.filtered());
    int[] starts = alignment.startFrames();
    LongTensor frames = LongTensor.allocate(starts.length);
    for (int token = 0; token < starts.length; token++) {
      frames.set(token, starts[token]);
    }
    computed.put("token_start_frames", frames);
    return computed;
  }

  private static Map<String, NdArray> named(TimeWarping warping) {
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put("path", warping.path());
    computed.put("total_cost", Tensor.of(new float[] {(float) warping.totalCost()}, 1));
    return computed;
  }
}
