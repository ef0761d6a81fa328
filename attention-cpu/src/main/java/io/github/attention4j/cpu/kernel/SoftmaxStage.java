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
    // One call per width, so that each loop has a constant step and the compiler can drop its range
    // checks.
    switch (vectors) {
      case 1 -> column(s, 0, rows * LENGTH, LENGTH, m, l, alpha);
      case 2 -> {
        column(s, 0, rows * 2 * LENGTH, 2 * LENGTH, m, l, alpha);
        column(s, LENGTH, rows * 2 * LENGTH, 2 * LENGTH, m, l, alpha);
      }
      default -> {
        for (int at = 0; at < vectors * LENGTH; at += LENGTH) {
          column(s, at, rows * 3 * LENGTH, 3 * LENGTH, m, l, alpha);
        }
      }
    }
  }

  private static void column(
      float[] s, int at, int end, int width, float[] m, float[] l, float[] alpha) {
    FloatVector before = FloatVector.fromArray(SPECIES, m, at);
    FloatVector max = max(s, at, end, width, before);
    max.intoArray(m, at);
    FloatVector base = base(max);
    FloatVector shrink = Exponential.ofNegative(before.sub(base));
    shrink.intoArray(alpha, at);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int i = at; i < end; i += width) {
      FloatVector p = Exponential.ofNegative(FloatVector.fromArray(SPECIES, s, i).sub(base));
      p.intoArray(s, i);
      sum = sum.add(p);
    }
    FloatVector.fromArray(SPECIES, l, at).fma(shrink, sum).intoArray(l, at);
  }

  /// NaN loses every comparison: it reaches the output through the weights, not through the
  /// maximum.
  private static FloatVector max(float[] s, int at, int end, int width, FloatVector before) {
    FloatVector max = before;
    FloatVector other = before;
    int i = at;
    for (; i + width < end; i += 2 * width) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      FloatVector y = FloatVector.fromArray(SPECIES, s, i + width);
      max = max.blend(x, x.compare(VectorOperators.GT, max));
      other = other.blend(y, y.compare(VectorOperators.GT, other));
    }
    if (i < end) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      max = max.blend(x, x.compare(VectorOperators.GT, max));
    }
    return max.blend(other, other.compare(VectorOperators.GT, max));
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
        FloatVector p = Exponential.ofNegative(FloatVector.fromArray(SPECIES, s, i).sub(base));
        p.div(sum).blend(0f, none).intoArray(s, i);
      }
    }
  }

  /// What is subtracted from scores: the maximum, or 0 while there is no key.
  private static FloatVector base(FloatVector max) {
    return max.blend(0f, max.eq(Float.NEGATIVE_INFINITY));
  }
}
