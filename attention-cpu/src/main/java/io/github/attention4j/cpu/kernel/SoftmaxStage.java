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
    if (vectors == 2) {
      maskTwo(s, rows, bits);
      return;
    }
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

  /// [#mask] of two columns, four rows at a time, written out for the reason given at [#weighTwo].
  private static void maskTwo(float[] s, int rows, long[] bits) {
    FloatVector hidden = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int row = 0;
    int at = 0;
    for (; row + 3 < rows; row += 4) {
      long a = bits[row];
      long b = bits[row + 1];
      long c = bits[row + 2];
      long d = bits[row + 3];
      FloatVector a1 = FloatVector.fromArray(SPECIES, s, at);
      FloatVector a2 = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      FloatVector b1 = FloatVector.fromArray(SPECIES, s, at + 2 * LENGTH);
      FloatVector b2 = FloatVector.fromArray(SPECIES, s, at + 3 * LENGTH);
      FloatVector c1 = FloatVector.fromArray(SPECIES, s, at + 4 * LENGTH);
      FloatVector c2 = FloatVector.fromArray(SPECIES, s, at + 5 * LENGTH);
      FloatVector d1 = FloatVector.fromArray(SPECIES, s, at + 6 * LENGTH);
      FloatVector d2 = FloatVector.fromArray(SPECIES, s, at + 7 * LENGTH);
      a1 = hidden.blend(a1, VectorMask.fromLong(SPECIES, a));
      a2 = hidden.blend(a2, VectorMask.fromLong(SPECIES, a >>> LENGTH));
      b1 = hidden.blend(b1, VectorMask.fromLong(SPECIES, b));
      b2 = hidden.blend(b2, VectorMask.fromLong(SPECIES, b >>> LENGTH));
      c1 = hidden.blend(c1, VectorMask.fromLong(SPECIES, c));
      c2 = hidden.blend(c2, VectorMask.fromLong(SPECIES, c >>> LENGTH));
      d1 = hidden.blend(d1, VectorMask.fromLong(SPECIES, d));
      d2 = hidden.blend(d2, VectorMask.fromLong(SPECIES, d >>> LENGTH));
      a1.intoArray(s, at);
      a2.intoArray(s, at + LENGTH);
      b1.intoArray(s, at + 2 * LENGTH);
      b2.intoArray(s, at + 3 * LENGTH);
      c1.intoArray(s, at + 4 * LENGTH);
      c2.intoArray(s, at + 5 * LENGTH);
      d1.intoArray(s, at + 6 * LENGTH);
      d2.intoArray(s, at + 7 * LENGTH);
      at += 8 * LENGTH;
    }
    for (; row < rows; row++) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, at);
      FloatVector y = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      x = hidden.blend(x, VectorMask.fromLong(SPECIES, bits[row]));
      y = hidden.blend(y, VectorMask.fromLong(SPECIES, bits[row] >>> LENGTH));
      x.intoArray(s, at);
      y.intoArray(s, at + LENGTH);
      at += 2 * LENGTH;
    }
  }

  /// Turns the scores of a tile into unnormalised weights and brings $m$, $l$ and $\alpha$ up to
  /// date.
  ///
  /// @param s the scores; one more row is written behind them
  static void step(float[] s, int rows, int vectors, float[] m, float[] l, float[] alpha) {
    int width = vectors * LENGTH;
    int end = rows * width;
    for (int at = 0; at < width; at += LENGTH) {
      maximum(s, at, end + at, width, m);
    }
    if (vectors == 2) {
      weighTwo(s, end, m, l, alpha);
      return;
    }
    for (int at = 0; at < width; at += LENGTH) {
      weigh(s, at, end, width, m, l, alpha);
    }
  }

  /// The new maximum; the old one becomes a further row of scores, whose weight is $\alpha$.
  ///
  /// Four running maxima: each comparison would wait for the one before.
  private static void maximum(float[] s, int at, int end, int width, float[] m) {
    FloatVector before = FloatVector.fromArray(SPECIES, m, at);
    before.intoArray(s, end);
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
    larger(larger(max, max2), larger(max3, max4)).intoArray(m, at);
  }

  private static void weigh(
      float[] s, int at, int end, int width, float[] m, float[] l, float[] alpha) {
    FloatVector base = base(FloatVector.fromArray(SPECIES, m, at));
    FloatVector sum = FloatVector.zero(SPECIES);
    FloatVector p = sum;
    for (int i = at; i <= end + at; i += width) {
      sum = sum.add(p);
      p = Exponential.below(FloatVector.fromArray(SPECIES, s, i), base);
      p.intoArray(s, i);
    }
    // The last is the old maximum's.
    p.intoArray(alpha, at);
    FloatVector.fromArray(SPECIES, l, at).fma(p, sum).intoArray(l, at);
  }

  /// Two columns at once, so that the steps of one fill the waits of the other.
  ///
  /// [Exponential#below] is written out: so this method is too long to be inlined. Where the
  /// compiler inlines it together with its neighbours, it gives up in the middle, and what it left
  /// out makes objects of vectors: ten times as slow.
  private static void weighTwo(float[] s, int end, float[] m, float[] l, float[] alpha) {
    FloatVector baseA = base(FloatVector.fromArray(SPECIES, m, 0));
    FloatVector baseB = base(FloatVector.fromArray(SPECIES, m, LENGTH));
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    FloatVector p6 = FloatVector.broadcast(SPECIES, Exponential.P6);
    FloatVector p5 = FloatVector.broadcast(SPECIES, Exponential.P5);
    FloatVector p4 = FloatVector.broadcast(SPECIES, Exponential.P4);
    FloatVector p3 = FloatVector.broadcast(SPECIES, Exponential.P3);
    FloatVector p2 = FloatVector.broadcast(SPECIES, Exponential.P2);
    FloatVector p1 = FloatVector.broadcast(SPECIES, Exponential.P1);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exponential.LOWEST);
    FloatVector sumA = zero;
    FloatVector sumB = zero;
    FloatVector a = zero;
    FloatVector b = zero;
    for (int i = 0; i <= end; i += 2 * LENGTH) {
      sumA = sumA.add(a);
      sumB = sumB.add(b);
      FloatVector x = FloatVector.fromArray(SPECIES, s, i).sub(baseA);
      FloatVector y = FloatVector.fromArray(SPECIES, s, i + LENGTH).sub(baseB);
      FloatVector n = x.fma(log2e, round);
      FloatVector f = x.fma(log2e, round.sub(n));
      FloatVector k = y.fma(log2e, round);
      FloatVector g = y.fma(log2e, round.sub(k));
      a = p6.fma(f, p5).fma(f, p4).fma(f, p3).fma(f, p2).fma(f, p1).fma(f, one);
      b = p6.fma(g, p5).fma(g, p4).fma(g, p3).fma(g, p2).fma(g, p1).fma(g, one);
      a =
          a.reinterpretAsInts()
              .add(n.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
              .reinterpretAsFloats()
              .blend(zero, x.compare(VectorOperators.LT, lowest));
      b =
          b.reinterpretAsInts()
              .add(k.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
              .reinterpretAsFloats()
              .blend(zero, y.compare(VectorOperators.LT, lowest));
      a.intoArray(s, i);
      b.intoArray(s, i + LENGTH);
    }
    // The last are the old maximum's.
    a.intoArray(alpha, 0);
    b.intoArray(alpha, LENGTH);
    FloatVector.fromArray(SPECIES, l, 0).fma(a, sumA).intoArray(l, 0);
    FloatVector.fromArray(SPECIES, l, LENGTH).fma(b, sumB).intoArray(l, LENGTH);
  }

  /// NaN loses every comparison: it reaches the output through the weights, not through the
  /// maximum.
  static FloatVector larger(FloatVector max, FloatVector x) {
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
  static FloatVector base(FloatVector max) {
    return max.blend(0f, max.eq(Float.NEGATIVE_INFINITY));
  }
}
