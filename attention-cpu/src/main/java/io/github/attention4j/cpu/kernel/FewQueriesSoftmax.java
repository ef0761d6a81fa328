package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// The running softmax of four queries.
///
/// Scores and weights are laid out `[key][4]`, so a vector holds those of `LENGTH / 4` keys.
final class FewQueriesSoftmax {
  /// Queries side by side.
  static final int QUERIES = 4;

  private static final VectorShuffle<Float> BY_4 = turn(4);
  private static final VectorShuffle<Float> BY_8 = turn(8);

  private FewQueriesSoftmax() {}

  private static VectorShuffle<Float> turn(int by) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane + by) & (LENGTH - 1));
  }

  /// Turns scores from `at` to `end` − 1 into unnormalised weights and brings the running maximum,
  /// sum and factor up to date; these are vectors from `lane`, the maximum the same in all lanes of
  /// a query, the sum over the keys of a lane. One more vector is written behind the scores.
  static void weigh(float[] s, int at, int end, float[] m, float[] l, float[] alpha, int lane) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector before = FloatVector.fromArray(SPECIES, m, lane);
    FloatVector max = before;
    for (int i = at; i < end; i += LENGTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      max = max.blend(x, x.compare(VectorOperators.GT, max));
    }
    if (LENGTH > 8) {
      FloatVector other = max.rearrange(BY_8);
      max = max.blend(other, other.compare(VectorOperators.GT, max));
    }
    if (LENGTH > 4) {
      FloatVector other = max.rearrange(BY_4);
      max = max.blend(other, other.compare(VectorOperators.GT, max));
    }
    max.intoArray(m, lane);
    FloatVector base = max.blend(zero, max.eq(Float.NEGATIVE_INFINITY));
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    FloatVector p6 = FloatVector.broadcast(SPECIES, Exponential.P6);
    FloatVector p5 = FloatVector.broadcast(SPECIES, Exponential.P5);
    FloatVector p4 = FloatVector.broadcast(SPECIES, Exponential.P4);
    FloatVector p3 = FloatVector.broadcast(SPECIES, Exponential.P3);
    FloatVector p2 = FloatVector.broadcast(SPECIES, Exponential.P2);
    FloatVector p1 = FloatVector.broadcast(SPECIES, Exponential.P1);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector sum = zero;
    FloatVector p = zero;
    // The old maximum is the last of the scores: its weight is the factor.
    before.intoArray(s, end);
    for (int i = at; i <= end; i += LENGTH) {
      sum = sum.add(p);
      FloatVector x = FloatVector.fromArray(SPECIES, s, i).sub(base);
      FloatVector n = x.fma(log2e, round);
      FloatVector f = x.fma(log2e, round.sub(n));
      p = p6.fma(f, p5).fma(f, p4).fma(f, p3).fma(f, p2).fma(f, p1).fma(f, one);
      p =
          p.reinterpretAsInts()
              .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
              .reinterpretAsFloats()
              .blend(zero, x.compare(VectorOperators.LT, Exponential.LOWEST));
      p.intoArray(s, i);
    }
    p.intoArray(alpha, lane);
    FloatVector.fromArray(SPECIES, l, lane).fma(p, sum).intoArray(l, lane);
  }

  /// Joins the sums of all lanes of a query: they end in lanes 0 to 3.
  static void joinSums(float[] l, int lane) {
    FloatVector sum = FloatVector.fromArray(SPECIES, l, lane);
    if (LENGTH > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LENGTH > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum.intoArray(l, lane);
  }
}
