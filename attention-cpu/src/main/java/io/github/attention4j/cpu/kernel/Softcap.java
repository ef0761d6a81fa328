package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The stage *softcap*: [io.github.attention4j.api.Score.Softcap].
final class Softcap {
  private Softcap() {}

  /// $s \leftarrow c \tanh \frac{s}{c}$ for `count` scores, a multiple of [Lanes#LENGTH].
  ///
  /// [Exponential#tanh] written out: so this method is longer than what the compiler inlines, and
  /// no vector crosses a method: see [SoftmaxStage].
  static void run(float[] s, int count, float cap) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    for (int i = 0; i < count; i += LENGTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i).div(cap);
      FloatVector magnitude = x.abs();
      // e to the power of -2 |x|, as SoftmaxStage has it.
      FloatVector y = magnitude.mul(-2f);
      FloatVector n = y.fma(log2e, round);
      FloatVector f = y.fma(log2e, round.sub(n));
      FloatVector e = f.mul(Exponential.P6).add(Exponential.P5);
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P4));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P3));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P2));
      e = e.fma(f, FloatVector.broadcast(SPECIES, Exponential.P1));
      e = e.fma(f, one);
      e =
          e.reinterpretAsInts()
              .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
              .reinterpretAsFloats()
              .blend(zero, y.compare(VectorOperators.LT, Exponential.LOWEST));
      FloatVector far = one.sub(e).div(one.add(e));
      far = far.blend(far.neg(), x.compare(VectorOperators.LT, 0f));
      // Near 0 that quotient would cancel.
      FloatVector square = x.mul(x);
      FloatVector near = square.mul(Exponential.TANH_11).add(Exponential.TANH_9);
      near = near.fma(square, FloatVector.broadcast(SPECIES, Exponential.TANH_7));
      near = near.fma(square, FloatVector.broadcast(SPECIES, Exponential.TANH_5));
      near = near.fma(square, FloatVector.broadcast(SPECIES, Exponential.TANH_3));
      near = near.mul(square).fma(x, x);
      far.blend(near, magnitude.compare(VectorOperators.LT, Exponential.TANH_NEAR))
          .mul(cap)
          .intoArray(s, i);
    }
  }
}
