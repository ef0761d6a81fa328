package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The stage *normalize* onto the simplex with exact zeros,
/// [io.github.attention4j.api.Normalizer.Sparsemax] and
/// [io.github.attention4j.api.Normalizer.Entmax15], a query in each lane.
///
/// Both subtract a threshold $\tau$. It is found by Newton's method from below, where what the
/// weights sum to beyond 1 is convex and falls: each step stays below $\tau$, so none is too far.
/// For sparsemax that is Michelot's algorithm, which is done when a step leaves out no further key;
/// the last step takes the rounding of the sum away.
///
/// Source: Martins & Astudillo 2016 (arXiv:1602.02068); Peters et al. 2019 (arXiv:1905.05702);
/// Michelot 1986.
final class SimplexStage {
  /// A step of entmax that changes no weight any more, and how many steps there are at most.
  private static final float STEP = 1e-7f;

  private static final int MOST = 50;

  /// Keys that are summed up before they join the sum of all: a long row would lose its digits one
  /// addition after the other.
  private static final int PART = 64;

  private SimplexStage() {}

  /// Turns the scores of all keys into sparsemax weights; −∞ is left out.
  ///
  /// @param s scores, `[keys][vectors * LENGTH]`
  /// @param p receives the weights
  static void sparsemax(float[] s, float[] p, int keys, int vectors) {
    for (int v = 0; v < vectors; v++) {
      sparsemaxColumn(s, p, v * LENGTH, keys, vectors * LENGTH);
    }
  }

  /// As [#sparsemax], 1.5-entmax.
  static void entmax15(float[] s, float[] p, int keys, int vectors) {
    for (int v = 0; v < vectors; v++) {
      entmaxColumn(s, p, v * LENGTH, keys, vectors * LENGTH);
    }
  }

  /// Whether all elements are 0.
  static boolean isZero(float[] p, int from, int to) {
    FloatVector largest = FloatVector.zero(SPECIES);
    for (int i = from; i < to; i += LENGTH) {
      largest = largest.max(FloatVector.fromArray(SPECIES, p, i));
    }
    return largest.eq(0f).allTrue();
  }

  private static void sparsemaxColumn(float[] s, float[] p, int column, int keys, int width) {
    int end = keys * width;
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector base = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int i = column; i < end; i += width) {
      base = base.max(FloatVector.fromArray(SPECIES, s, i));
    }
    base = base.blend(zero, base.eq(Float.NEGATIVE_INFINITY));
    FloatVector threshold = one.neg();
    FloatVector before = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
    boolean fewer = true;
    while (fewer) {
      FloatVector sum = zero;
      FloatVector sum2 = zero;
      FloatVector count = zero;
      FloatVector count2 = zero;
      for (int from = column; from < end; from += PART * width) {
        FloatVector part = zero;
        FloatVector part2 = zero;
        int to = Math.min(end, from + PART * width);
        int i = from;
        for (; i + width < to; i += 2 * width) {
          FloatVector d = FloatVector.fromArray(SPECIES, s, i).sub(base).sub(threshold);
          FloatVector e = FloatVector.fromArray(SPECIES, s, i + width).sub(base).sub(threshold);
          count = count.add(zero.blend(one, d.compare(VectorOperators.GT, zero)));
          count2 = count2.add(zero.blend(one, e.compare(VectorOperators.GT, zero)));
          part = part.add(d.max(zero));
          part2 = part2.add(e.max(zero));
        }
        if (i < to) {
          FloatVector d = FloatVector.fromArray(SPECIES, s, i).sub(base).sub(threshold);
          count = count.add(zero.blend(one, d.compare(VectorOperators.GT, zero)));
          part = part.add(d.max(zero));
        }
        sum = sum.add(part);
        sum2 = sum2.add(part2);
      }
      count = count.add(count2);
      threshold = threshold.add(sum.add(sum2).sub(one).div(count.max(one)));
      fewer = count.compare(VectorOperators.LT, before).anyTrue();
      before = count;
    }
    for (int i = column; i < end; i += width) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      VectorMask<Float> out = x.eq(Float.NEGATIVE_INFINITY);
      x.sub(base).sub(threshold).max(zero).blend(zero, out).intoArray(p, i);
    }
  }

  private static void entmaxColumn(float[] s, float[] p, int column, int keys, int width) {
    int end = keys * width;
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector base = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int i = column; i < end; i += width) {
      base = base.max(FloatVector.fromArray(SPECIES, s, i));
    }
    base = base.blend(zero, base.eq(Float.NEGATIVE_INFINITY));
    FloatVector threshold = one.neg();
    boolean on = true;
    for (int steps = 0; on && steps < MOST; steps++) {
      FloatVector sum = zero;
      FloatVector sum2 = zero;
      FloatVector squares = zero;
      FloatVector squares2 = zero;
      for (int from = column; from < end; from += PART * width) {
        FloatVector part = zero;
        FloatVector part2 = zero;
        int to = Math.min(end, from + PART * width);
        int i = from;
        for (; i + width < to; i += 2 * width) {
          FloatVector d = FloatVector.fromArray(SPECIES, s, i).sub(base);
          FloatVector e = FloatVector.fromArray(SPECIES, s, i + width).sub(base);
          d = d.mul(half).sub(threshold).max(zero);
          e = e.mul(half).sub(threshold).max(zero);
          sum = sum.add(d);
          sum2 = sum2.add(e);
          part = d.fma(d, part);
          part2 = e.fma(e, part2);
        }
        if (i < to) {
          FloatVector d = FloatVector.fromArray(SPECIES, s, i).sub(base);
          d = d.mul(half).sub(threshold).max(zero);
          sum = sum.add(d);
          part = d.fma(d, part);
        }
        squares = squares.add(part);
        squares2 = squares2.add(part2);
      }
      sum = sum.add(sum2);
      // Without keys there is nothing to step over.
      FloatVector twice = sum.add(sum).add(zero.blend(one, sum.eq(0f)));
      FloatVector step = squares.add(squares2).sub(one).div(twice);
      threshold = threshold.add(step);
      on = step.compare(VectorOperators.GT, STEP).anyTrue();
    }
    for (int i = column; i < end; i += width) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      FloatVector d = x.sub(base).mul(half).sub(threshold).max(zero);
      d.mul(d).blend(zero, x.eq(Float.NEGATIVE_INFINITY)).intoArray(p, i);
    }
  }
}
