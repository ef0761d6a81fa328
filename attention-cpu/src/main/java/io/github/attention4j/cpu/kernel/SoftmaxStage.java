package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The stage *normalize*, online: a running maximum $m$ and sum $l$ per query, and the factor
/// $\alpha = e^{m_\text{old} - m_\text{new}}$ by which everything summed so far shrinks.
///
/// Every loop over vectors is written out until its method is longer than the compiler inlines into
/// callers, and no vector crosses a method: see docs/decisions/021-compiled-alone.md.
///
/// Source: Milakov & Gimelshein 2018 (arXiv:1805.02867); Dao et al. 2022 (arXiv:2205.14135).
final class SoftmaxStage {
  private SoftmaxStage() {}

  /// Puts −∞ where a query may not attend, in rows `from` to `to` - 1.
  ///
  /// @param bits which lanes may, from row `from` on
  static void mask(float[] s, int from, int to, int vectors, long[] bits) {
    if (vectors == 2) {
      maskTwo(s, from * 2 * LENGTH, to - from, bits);
      return;
    }
    for (int v = 0; v < vectors; v++) {
      maskColumn(s, from * vectors * LENGTH, v * LENGTH, vectors * LENGTH, to - from, bits);
    }
  }

  /// [#mask] of two columns, four rows at a time.
  private static void maskTwo(float[] s, int start, int rows, long[] bits) {
    FloatVector hidden = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int row = 0;
    int at = start;
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

  /// [#mask] of any column.
  private static void maskColumn(
      float[] s, int start, int column, int width, int rows, long[] bits) {
    FloatVector hidden = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int row = 0;
    int at = start + column;
    for (; row + 7 < rows; row += 8, at += 8 * width) {
      FloatVector x0 = FloatVector.fromArray(SPECIES, s, at);
      hidden.blend(x0, VectorMask.fromLong(SPECIES, bits[row] >>> column)).intoArray(s, at);
      FloatVector x1 = FloatVector.fromArray(SPECIES, s, at + width);
      hidden
          .blend(x1, VectorMask.fromLong(SPECIES, bits[row + 1] >>> column))
          .intoArray(s, at + width);
      FloatVector x2 = FloatVector.fromArray(SPECIES, s, at + 2 * width);
      hidden
          .blend(x2, VectorMask.fromLong(SPECIES, bits[row + 2] >>> column))
          .intoArray(s, at + 2 * width);
      FloatVector x3 = FloatVector.fromArray(SPECIES, s, at + 3 * width);
      hidden
          .blend(x3, VectorMask.fromLong(SPECIES, bits[row + 3] >>> column))
          .intoArray(s, at + 3 * width);
      FloatVector x4 = FloatVector.fromArray(SPECIES, s, at + 4 * width);
      hidden
          .blend(x4, VectorMask.fromLong(SPECIES, bits[row + 4] >>> column))
          .intoArray(s, at + 4 * width);
      FloatVector x5 = FloatVector.fromArray(SPECIES, s, at + 5 * width);
      hidden
          .blend(x5, VectorMask.fromLong(SPECIES, bits[row + 5] >>> column))
          .intoArray(s, at + 5 * width);
      FloatVector x6 = FloatVector.fromArray(SPECIES, s, at + 6 * width);
      hidden
          .blend(x6, VectorMask.fromLong(SPECIES, bits[row + 6] >>> column))
          .intoArray(s, at + 6 * width);
      FloatVector x7 = FloatVector.fromArray(SPECIES, s, at + 7 * width);
      hidden
          .blend(x7, VectorMask.fromLong(SPECIES, bits[row + 7] >>> column))
          .intoArray(s, at + 7 * width);
    }
    for (; row < rows; row++, at += width) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, at);
      hidden.blend(x, VectorMask.fromLong(SPECIES, bits[row] >>> column)).intoArray(s, at);
    }
  }

  /// Turns the scores of a tile into unnormalised weights and brings $m$, $l$ and $\alpha$ up to
  /// date.
  ///
  /// @param s the scores; two more rows are written behind them
  static void step(float[] s, int rows, int vectors, float[] m, float[] l, float[] alpha) {
    int width = vectors * LENGTH;
    int end = rows * width;
    if (vectors < 3) {
      maxima(s, end, vectors == 1 ? 0 : LENGTH, m);
      weighPairs(s, end, vectors == 1 ? 0 : LENGTH, m, l, alpha);
      return;
    }
    for (int at = 0; at < width; at += LENGTH) {
      maximum(s, at, end, width, m);
      weigh(s, at, end, width, m, l, alpha);
    }
  }

  /// The new maxima of two columns, or of one whose even and odd rows count as two; the old ones
  /// become one more row of scores, whose weight is $\alpha$.
  ///
  /// NaN loses every comparison with a maximum: it reaches the output through the weights. It may
  /// hide another score of its query, whose output is NaN anyhow. Four rows meet each other first:
  /// comparisons with the maximum wait for the one before.
  ///
  /// Scores are added to zero before they are compared, for the compiler: it learns the class of a
  /// sum from the method it calls, but that of what was loaded too late, and in a process that runs
  /// many mechanisms may keep every score as an object. See
  /// docs/decisions/028-four-steps-at-a-time.md.
  ///
  /// @param second the lane at which the second column starts; 0 if there is one
  private static void maxima(float[] s, int end, int second, float[] m) {
    FloatVector a = FloatVector.fromArray(SPECIES, m, 0);
    FloatVector b = FloatVector.fromArray(SPECIES, m, second);
    a.intoArray(s, end);
    b.intoArray(s, end + LENGTH);
    FloatVector zero = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + 7 * LENGTH < end; i += 8 * LENGTH) {
      FloatVector x0 = FloatVector.fromArray(SPECIES, s, i).add(zero);
      FloatVector x1 = FloatVector.fromArray(SPECIES, s, i + LENGTH).add(zero);
      FloatVector x2 = FloatVector.fromArray(SPECIES, s, i + 2 * LENGTH).add(zero);
      FloatVector x3 = FloatVector.fromArray(SPECIES, s, i + 3 * LENGTH).add(zero);
      FloatVector x4 = FloatVector.fromArray(SPECIES, s, i + 4 * LENGTH).add(zero);
      FloatVector x5 = FloatVector.fromArray(SPECIES, s, i + 5 * LENGTH).add(zero);
      FloatVector x6 = FloatVector.fromArray(SPECIES, s, i + 6 * LENGTH).add(zero);
      FloatVector x7 = FloatVector.fromArray(SPECIES, s, i + 7 * LENGTH).add(zero);
      x0 = x0.blend(x2, x2.compare(VectorOperators.GT, x0));
      x1 = x1.blend(x3, x3.compare(VectorOperators.GT, x1));
      x4 = x4.blend(x6, x6.compare(VectorOperators.GT, x4));
      x5 = x5.blend(x7, x7.compare(VectorOperators.GT, x5));
      x0 = x0.blend(x4, x4.compare(VectorOperators.GT, x0));
      x1 = x1.blend(x5, x5.compare(VectorOperators.GT, x1));
      a = a.blend(x0, x0.compare(VectorOperators.GT, a));
      b = b.blend(x1, x1.compare(VectorOperators.GT, b));
    }
    for (; i + LENGTH < end; i += 2 * LENGTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      FloatVector y = FloatVector.fromArray(SPECIES, s, i + LENGTH);
      a = a.blend(x, x.compare(VectorOperators.GT, a));
      b = b.blend(y, y.compare(VectorOperators.GT, b));
    }
    if (i < end) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, i);
      a = a.blend(x, x.compare(VectorOperators.GT, a));
    }
    if (second == 0) {
      a.blend(b, b.compare(VectorOperators.GT, a)).intoArray(m, 0);
    } else {
      a.intoArray(m, 0);
      b.intoArray(m, LENGTH);
    }
  }

  /// The weights of two columns, or of one whose even and odd rows count as two, so that the steps
  /// of one fill the waits of the other: $e^{x - m}$, exactly 1 where $x = m$, exactly 0 where $x -
  /// m$ is below [Exponential#LOWEST], NaN stays NaN.
  ///
  /// As [Exponential#ofNegative] with fewer steps: in powers of two one fused multiply-add leaves
  /// the rest after rounding, and the whole number is added to the exponent of a polynomial of
  /// degree 6 (its own error is 2e-9).
  private static void weighPairs(
      float[] s, int end, int second, float[] m, float[] l, float[] alpha) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector baseA = FloatVector.fromArray(SPECIES, m, 0);
    FloatVector baseB = FloatVector.fromArray(SPECIES, m, second);
    // What is subtracted from scores: the maximum, or 0 while there is no key.
    baseA = baseA.blend(zero, baseA.eq(Float.NEGATIVE_INFINITY));
    baseB = baseB.blend(zero, baseB.eq(Float.NEGATIVE_INFINITY));
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    FloatVector p6 = FloatVector.broadcast(SPECIES, Exponential.P6);
    FloatVector p5 = FloatVector.broadcast(SPECIES, Exponential.P5);
    FloatVector p4 = FloatVector.broadcast(SPECIES, Exponential.P4);
    FloatVector p3 = FloatVector.broadcast(SPECIES, Exponential.P3);
    FloatVector p2 = FloatVector.broadcast(SPECIES, Exponential.P2);
    FloatVector p1 = FloatVector.broadcast(SPECIES, Exponential.P1);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exponential.LOWEST);
    FloatVector sumA = zero;
    FloatVector sumB = zero;
    FloatVector a = zero;
    FloatVector b = zero;
    int i = 0;
    for (; i <= end; i += 2 * LENGTH) {
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
    // The last row is the old maxima's; of an odd number of single rows the last came beside it.
    b.intoArray(alpha, second);
    if (second == 0) {
      if (i - LENGTH == end) {
        sumA = sumA.add(a);
      }
      FloatVector.fromArray(SPECIES, l, 0).fma(b, sumA.add(sumB)).intoArray(l, 0);
    } else {
      a.intoArray(alpha, 0);
      FloatVector.fromArray(SPECIES, l, 0).fma(a, sumA).intoArray(l, 0);
      FloatVector.fromArray(SPECIES, l, LENGTH).fma(b, sumB).intoArray(l, LENGTH);
    }
  }

  /// As [#maxima] for any column.
  private static void maximum(float[] s, int column, int end, int width, float[] m) {
    FloatVector before = FloatVector.fromArray(SPECIES, m, column);
    FloatVector zero = FloatVector.zero(SPECIES);
    before.intoArray(s, end + column);
    before.intoArray(s, end + column + width);
    FloatVector a = before;
    FloatVector b = before;
    FloatVector c = before;
    FloatVector d = before;
    int at = column;
    for (; at + 7 * width < end; at += 8 * width) {
      FloatVector x0 = FloatVector.fromArray(SPECIES, s, at).add(zero);
      a = a.blend(x0, x0.compare(VectorOperators.GT, a));
      FloatVector x1 = FloatVector.fromArray(SPECIES, s, at + width).add(zero);
      b = b.blend(x1, x1.compare(VectorOperators.GT, b));
      FloatVector x2 = FloatVector.fromArray(SPECIES, s, at + 2 * width).add(zero);
      c = c.blend(x2, x2.compare(VectorOperators.GT, c));
      FloatVector x3 = FloatVector.fromArray(SPECIES, s, at + 3 * width).add(zero);
      d = d.blend(x3, x3.compare(VectorOperators.GT, d));
      FloatVector x4 = FloatVector.fromArray(SPECIES, s, at + 4 * width).add(zero);
      a = a.blend(x4, x4.compare(VectorOperators.GT, a));
      FloatVector x5 = FloatVector.fromArray(SPECIES, s, at + 5 * width).add(zero);
      b = b.blend(x5, x5.compare(VectorOperators.GT, b));
      FloatVector x6 = FloatVector.fromArray(SPECIES, s, at + 6 * width).add(zero);
      c = c.blend(x6, x6.compare(VectorOperators.GT, c));
      FloatVector x7 = FloatVector.fromArray(SPECIES, s, at + 7 * width).add(zero);
      d = d.blend(x7, x7.compare(VectorOperators.GT, d));
    }
    for (; at < end; at += width) {
      FloatVector x = FloatVector.fromArray(SPECIES, s, at).add(zero);
      a = a.blend(x, x.compare(VectorOperators.GT, a));
    }
    a = a.blend(b, b.compare(VectorOperators.GT, a));
    c = c.blend(d, d.compare(VectorOperators.GT, c));
    a.blend(c, c.compare(VectorOperators.GT, a)).intoArray(m, column);
  }

  /// As [#weighPairs] for any column, two rows at once.
  private static void weigh(
      float[] s, int column, int end, int width, float[] m, float[] l, float[] alpha) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector base = FloatVector.fromArray(SPECIES, m, column);
    // What is subtracted from scores: the maximum, or 0 while there is no key.
    base = base.blend(zero, base.eq(Float.NEGATIVE_INFINITY));
    FloatVector log2e = FloatVector.broadcast(SPECIES, Exponential.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exponential.ROUND_ONLY);
    FloatVector p6 = FloatVector.broadcast(SPECIES, Exponential.P6);
    FloatVector p5 = FloatVector.broadcast(SPECIES, Exponential.P5);
    FloatVector p4 = FloatVector.broadcast(SPECIES, Exponential.P4);
    FloatVector p3 = FloatVector.broadcast(SPECIES, Exponential.P3);
    FloatVector p2 = FloatVector.broadcast(SPECIES, Exponential.P2);
    FloatVector p1 = FloatVector.broadcast(SPECIES, Exponential.P1);
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exponential.LOWEST);
    FloatVector sumA = zero;
    FloatVector sumB = zero;
    FloatVector a = zero;
    FloatVector b = zero;
    int at = column;
    for (; at <= end + column; at += 2 * width) {
      sumA = sumA.add(a);
      sumB = sumB.add(b);
      FloatVector x = FloatVector.fromArray(SPECIES, s, at).sub(base);
      FloatVector y = FloatVector.fromArray(SPECIES, s, at + width).sub(base);
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
      a.intoArray(s, at);
      b.intoArray(s, at + width);
    }
    // The last row is the old maximum's; of an odd number of keys the last came beside it.
    if (at - width == end + column) {
      sumA = sumA.add(a);
    }
    b.intoArray(alpha, column);
    FloatVector.fromArray(SPECIES, l, column).fma(b, sumA.add(sumB)).intoArray(l, column);
  }

  /// Turns the scores of a tile into weights, with $m$ and $l$ known.
  ///
  /// @param sums working space of a panel's lanes
  static void weights(float[] s, int rows, int vectors, float[] m, float[] l, float[] sums) {
    int width = vectors * LENGTH;
    int end = rows * width;
    for (int column = 0; column < width; column += LENGTH) {
      weigh(s, column, end, width, m, sums, sums);
      FloatVector sum = FloatVector.fromArray(SPECIES, l, column);
      VectorMask<Float> none = sum.eq(0f);
      for (int at = column; at < end; at += width) {
        FloatVector.fromArray(SPECIES, s, at).div(sum).blend(0f, none).intoArray(s, at);
      }
    }
  }
}
