package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/// The score of [io.github.attention4j.api.Score.Additive] of projected keys with a panel of
/// projected queries.
final class AdditiveKernel {
  private AdditiveKernel() {}

  /// Computes `count` rows of scores.
  ///
  /// @param k projected keys
  /// @param base added to the start of each key
  /// @param rows the start of each in `k`
  /// @param q projected queries, `[depth][vectors * LENGTH]`
  /// @param direction the weights of the sum, from `from`
  static void run(
      float[] k,
      int base,
      int[] rows,
      int count,
      float[] q,
      int vectors,
      int depth,
      float[] direction,
      int from,
      float[] s) {
    int width = vectors * LENGTH;
    for (int row = 0; row < count; row++) {
      int start = base + rows[row];
      for (int at = 0; at < width; at += LENGTH) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int d = 0; d < depth; d++) {
          FloatVector x = FloatVector.fromArray(SPECIES, q, d * width + at).add(k[start + d]);
          sum = Exponential.tanh(x).fma(FloatVector.broadcast(SPECIES, direction[from + d]), sum);
        }
        sum.intoArray(s, row * width + at);
      }
    }
  }
}
