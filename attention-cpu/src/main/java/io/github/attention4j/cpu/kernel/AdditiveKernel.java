package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// The score of [io.github.attention4j.api.Score.Additive] of projected keys with a panel of
/// projected queries.
final class AdditiveKernel {
  private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private AdditiveKernel() {}

  /// Computes `count` rows of scores.
  ///
  /// @param k projected keys: native memory
  /// @param base added to the start of each key
  /// @param rows the start of each in `k`, in elements
  /// @param q projected queries, `[depth][vectors * LENGTH]`
  /// @param direction the weights of the sum, from `from`
  static void run(
      MemorySegment k,
      long base,
      int[] rows,
      int count,
      float[] q,
      int vectors,
      int depth,
      float[] direction,
      int from,
      float[] s) {
    if (!k.isNative()) {
      throw Lanes.notNative();
    }
    int width = vectors * LENGTH;
    for (int row = 0; row < count; row++) {
      MemorySegment key = k.asSlice(4L * (base + rows[row]), 4L * depth);
      for (int at = 0; at < width; at += LENGTH) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int d = 0; d < depth; d++) {
          FloatVector x =
              FloatVector.fromArray(SPECIES, q, d * width + at).add(key.get(ELEMENT, 4L * d));
          sum = Exponential.tanh(x).fma(FloatVector.broadcast(SPECIES, direction[from + d]), sum);
        }
        sum.intoArray(s, row * width + at);
      }
    }
  }
}
