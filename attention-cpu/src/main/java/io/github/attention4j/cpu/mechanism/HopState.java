package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The hops of a memory network: $p_i = \operatorname{softmax}(u \cdot m_i)$, $o = \sum_i p_i c_i$,
/// and what is captured of them.
final class HopState {
  private final int batch;
  private final int memories;
  private final int size;
  private final int hops;
  private final Tensor output;
  private final @Nullable Tensor weights;
  private final @Nullable Tensor states;

  HopState(
      int hops, int batch, int memories, int size, Set<Capture> captures, ResultArrays results) {
    this.hops = hops;
    this.batch = batch;
    this.memories = memories;
    this.size = size;
    output = results.tensor(Result.OUTPUT, batch, size);
    weights =
        captures.contains(Capture.WEIGHTS)
            ? results.tensor(Result.WEIGHTS, hops, batch, memories)
            : null;
    states =
        captures.contains(Capture.STAGES) ? results.tensor("states", hops + 1L, batch, size) : null;
  }

  /// Keeps the state before a hop; after the last one it is the output.
  void state(int hop, int b, float[] u) {
    if (states != null) {
      Floats.write(u, 0, size, states, ((long) hop * batch + b) * size);
    }
    if (hop == hops) {
      Floats.write(u, 0, size, output, (long) b * size);
    }
  }

  /// Reads the first `valid` memories, rows of `m` and `c`, into `o`.
  ///
  /// @param p room for the weights of all memories
  void read(int hop, int b, float[] u, float[] m, float[] c, int valid, float[] p, float[] o) {
    java.util.Arrays.fill(p, valid, memories, 0f);
    for (int i = 0; i < valid; i++) {
      p[i] = Floats.dot(u, 0, m, i * size, size);
    }
    Floats.softmax(p, 0, valid);
    if (weights != null) {
      Floats.write(p, 0, memories, weights, ((long) hop * batch + b) * memories);
    }
    java.util.Arrays.fill(o, 0, size, 0f);
    for (int i = 0; i < valid; i++) {
      Floats.add(o, 0, p[i], c, i * size, size);
    }
  }
}
