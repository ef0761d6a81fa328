package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The stage *normalize*, online: a running maximum $m$ and sum $l$ per query, and the factor
/// $\alpha = e^{m_\text{old} - m_\text{new}}$ by which everything summed so far shrinks.
///
/// Source: Milakov & Gimelshein 2018 (arXiv:1805.02867); Dao et al. 2022 (arXiv:2205.14135).
final class SoftmaxStage {
  private SoftmaxStage() {}

  /// Puts −∞ where a query may not attend.
  static void mask(float[] s, int rows, int vectors, long[] bits) {
    int width = vectors * LENGTH;
    FloatVector masked = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int row = 0; row < rows; row++) {
      long allowed = bits[row];
      for (int at = 0; at < width; at += LENGTH) {
        VectorMask<Float> keep = VectorMask.fromLong(SPECIES, allowed >>> at);
        FloatVector score = FloatVector.fromArray(SPECIES, s, row * width + at);
        masked.blend(score, keep).intoArray(s, row * width + at);
      }
    }
  }

  /// Turns the scores of a tile into unnormalised weights and brings $m$, $l$ and $\alpha$ up to
  /// date.
  static void step(float[] s, int rows, int vectors, float[] m, float[] l, float[] alpha) {
    // Several methods that share arrays: the compiler gives up inlining in one that is too large,
    // and a vector that crosses a call becomes an object.
    int width = vectors * LENGTH;
    for (int at = 0; at < width; at += LENGTH) {
      maximum(s, at, rows * width, width, m, alpha);
    }
    if (vectors == 2) {
      weighTwo(s, rows * width, m, l, alpha);
      return;
    }
    for (int at = 0; at < width; at += LENGTH) {
      weigh(s, at, rows * width, width, m, l, alpha);
    }
  }

  /// Four running maxima: each comparison would wait for the one before.
  private static void maximum(float[] s, int at, int end, int width, float[] m, float[] alpha) {
    FloatVector before = FloatVector.fromArray(SPECIES, m, at);
    FloatVector max = before;
    FloatVector max2 = before;
    FloatVector max3 = before;
    FloatVector max4 = before;
    int i = at;
    for (; i + 3 * width < end; i += 4 * width) {
      max = larger(max, FloatVector.fromArray(SPECIES, s, i));
      max2 = larger(max2, FloatVector.fromArray(SPECIES, s, i + width));
      max3 = larger(max3, FloatVector.fromArray(SPECIES, s, i + 2 * width));
      max4 = larger(max4, FloatVector.fromArray(SPECIES, s, i + 3 * width));
    }
    for (; i < end; i += width) {
      max = larger(max, FloatVector.fromArray(SPECIES, s, i));
    }
    max = larger(larger(max, max2), larger(max3, max4));
    max.intoArray(m, at);
    Exponential.below(before, base(max)).intoArray(alpha, at);
  }

  private static void weigh(
      float[] s, int at, int end, int width, float[] m, float[] l, float[] alpha) {
    FloatVector base = base(FloatVector.fromArray(SPECIES, m, at));
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int i = at; i < end; i += width) {
      FloatVector p = Exponential.below(FloatVector.fromArray(SPECIES, s, i), base);
      p.intoArray(s, i);
      sum = sum.add(p);
    }
    FloatVector shrink = FloatVector.fromArray(SPECIES, alpha, at);
    FloatVector.fromArray(SPECIES, l, at).fma(shrink, sum).intoArray(l, at);
  }

  /// Two columns at once, so that the steps of one fill the waits of the other.
  private static void weighTwo(float[] s, int end, float[] m, float[] l, float[] alpha) {
    FloatVector baseA = base(FloatVector.fromArray(SPECIES, m, 0));
    FloatVector baseB = base(FloatVector.fromArray(SPECIES, m, LENGTH));
    FloatVector sumA = FloatVector.zero(SPECIES);
    FloatVector sumB = FloatVector.zero(SPECIES);
    for (int i = 0; i < end; i += 2 * LENGTH) {
      FloatVector a = Exponential.below(FloatVector.fromArray(SPECIES, s, i), baseA);
      FloatVector b = Exponential.below(FloatVector.fromArray(SPECIES, s, i + LENGTH), baseB);
      a.intoArray(s, i);
      b.intoArray(s, i + LENGTH);
      sumA = sumA.add(a);
      sumB = sumB.add(b);
    }
    FloatVector shrinkA = FloatVector.fromArray(SPECIES, alpha, 0);
    FloatVector shrinkB = FloatVector.fromArray(SPECIES, alpha, LENGTH);
    FloatVector.fromArray(SPECIES, l, 0).fma(shrinkA, sumA).intoArray(l, 0);
    FloatVector.fromArray(SPECIES, l, LENGTH).fma(shrinkB, sumB).intoArray(l, LENGTH);
  }

  /// NaN loses every comparison: it reaches the output through the weights, not through the
  /// maximum.
  private static FloatVector larger(FloatVector max, FloatVector x) {
    return max.blend(x, x.compare(VectorOperators.GT, max));
  }

  /// Turns the scores of a tile into weights, with $m$ and $l$ known.
  static void weights(float[] s, int rows, int vectors, float[] m, float[] l) {
    int width = vectors * LENGTH;
    int end = rows * width;
    for (int at = 0; at < width; at += LENGTH) {
      FloatVector base = base(FloatVector.fromArray(SPECIES, m, at));
      FloatVector sum = FloatVector.fromArray(SPECIES, l, at);
      VectorMask<Float> none = sum.eq(0f);
      for (int i = at; i < end; i += width) {
        FloatVector p = Exponential.below(FloatVector.fromArray(SPECIES, s, i), base);
        p.div(sum).blend(0f, none).intoArray(s, i);
      }
    }
  }

  /// What is subtracted from scores: the maximum, or 0 while there is no key.
  private static FloatVector base(FloatVector max) {
    return max.blend(0f, max.eq(Float.NEGATIVE_INFINITY));
  }
}
