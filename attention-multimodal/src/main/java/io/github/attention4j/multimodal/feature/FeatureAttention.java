package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.Execution;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A [CrossAttention] ready to run between features with labels. Safe for use by several threads.
public final class FeatureAttention implements AutoCloseable {
  private final Program program;

  /// Compiles the block.
  public FeatureAttention(CrossAttention block, Execution execution) {
    program = execution.compile(block.network(true), Set.of(CrossAttention.ATTENTION));
  }

  /// What came of a run.
  ///
  /// @param output `[batch, queries, out]`
  /// @param traces for each sample the map with the labels of both sides
  public record Attended(Tensor output, List<AttentionTrace> traces) {
    public Attended {
      traces = List.copyOf(traces);
    }
  }

  /// Runs the block.
  ///
  /// @throws IllegalArgumentException if sizes do not fit each other or the block
  public Attended attend(Features queries, Features context) {
    Tensor keys = context.values();
    LongTensor mask =
        context.mask().orElseGet(() -> ones(keys.shape().size(0), keys.shape().size(1)));
    Result result =
        program.run(
            Inputs.none()
                .with(CrossAttention.QUERIES, queries.values())
                .with(CrossAttention.CONTEXT, keys)
                .with(CrossAttention.CONTEXT_MASK, mask));
    Tensor maps = result.tensor(CrossAttention.ATTENTION);
    long[] sizes = maps.shape().toArray();
    List<AttentionTrace> traces = new ArrayList<>();
    for (int sample = 0; sample < sizes[0]; sample++) {
      long bytes = maps.segment().byteSize() / sizes[0];
      Tensor weights =
          Tensor.wrap(
              maps.segment().asSlice(sample * bytes, bytes),
              Shape.of(sizes[1], sizes[2], sizes[3]));
      AttentionMap map =
          new AttentionMap(
              CrossAttention.ATTENTION,
              new MapLabel(MapLabel.Kind.CROSS, 0),
              weights,
              queries.labels(),
              context.labels(),
              "");
      traces.add(new AttentionTrace(List.of(map), Map.of("device", program.device())));
    }
    return new Attended(result.tensor(CrossAttention.OUTPUT), traces);
  }

  private static LongTensor ones(long batch, long length) {
    LongTensor ones = LongTensor.allocate(batch, length);
    for (long i = 0; i < batch * length; i++) {
      ones.set(i, 1);
    }
    return ones;
  }

  @Override
  public void close() {
    program.close();
  }
}
