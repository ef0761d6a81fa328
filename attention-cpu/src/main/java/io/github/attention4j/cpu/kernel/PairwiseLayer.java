package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A pairwise softmax inside a network: reads and writes heads where they stand in `[batch, length,
/// heads * size]`, without transposing.
public final class PairwiseLayer {
  private final PairwisePlan plan;
  private final Engine engine;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

  /// Prepares a mechanism that [#runs].
  ///
  /// @param weights whether each run returns them
  public PairwiseLayer(Pairwise mechanism, boolean weights, Engine engine) {
    Request request = Request.of(mechanism);
    this.plan = new PairwisePlan(weights ? request.capture(Capture.WEIGHTS) : request);
    this.engine = engine;
  }

  /// Whether a mechanism is of this kind.
  public static boolean runs(Pairwise mechanism) {
    return mechanism.normalizer() instanceof Normalizer.Softmax;
  }

  /// Vectors of several heads, `[batch, length, heads * size]`.
  ///
  /// @param segment the elements
  /// @param batch entries
  /// @param stride elements from one entry to the next
  /// @param length positions
  /// @param channels elements of a position
  public record Heads(MemorySegment segment, int batch, long stride, int length, int channels) {
    private Rows rows(int heads) {
      return new Rows(segment, stride, channels / heads, channels);
    }

    /// An array of the right sizes over the same memory: its contents are never read.
    private Tensor shaped(String name, int heads) {
      if (channels % heads != 0) {
        throw new IllegalArgumentException(
            name + ": expected channels for " + heads + " heads, got " + channels);
      }
      Shape shape = Shape.of(batch, heads, length, channels / heads);
      return Tensor.wrap(segment.asSlice(0, 4 * shape.elements()), shape);
    }
  }

  /// Computes one layer.
  ///
  /// @param extras what else the mechanism reads
  /// @param output `[batch, queries, heads * valueSize]`
  /// @return the weights, if they were asked for
  public @Nullable Tensor run(
      Heads query,
      Heads key,
      Heads value,
      Inputs extras,
      int heads,
      int keyHeads,
      MemorySegment output) {
    Inputs inputs =
        extras
            .with(Inputs.QUERY, query.shaped(Inputs.QUERY, heads))
            .with(Inputs.KEY, key.shaped(Inputs.KEY, keyHeads))
            .with(Inputs.VALUE, value.shaped(Inputs.VALUE, keyHeads));
    PairwiseInputs in = new PairwiseInputs(plan.mechanism, inputs);
    ResultArrays results = new ResultArrays(null);
    long channels = (long) heads * in.valueSize();
    Rows out = new Rows(output, in.queries() * channels, in.valueSize(), channels);
    PairwiseArrays arrays =
        PairwiseArrays.of(
            plan, in, query.rows(heads), key.rows(keyHeads), value.rows(keyHeads), out, results);
    Workspace space = take();
    try {
      if (!FewQueriesRun.fits(plan, in)
          || !new FewQueriesRun(plan, in, arrays, engine.pool(), space.fewQueries()).run()) {
        new PairwiseRun(plan, in, arrays, engine.pool(), space).run();
      }
    } finally {
      give(space);
    }
    return arrays.weights();
  }

  private synchronized Workspace take() {
    Workspace space = idle.pollLast();
    return space == null ? new Workspace() : space;
  }

  private synchronized void give(Workspace space) {
    idle.addLast(space);
  }
}
