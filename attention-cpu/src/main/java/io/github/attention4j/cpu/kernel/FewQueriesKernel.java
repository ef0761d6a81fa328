package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// Score, softmax and value for four queries, with elements in lanes and keys and values read where
/// they stand in native memory, once, in order.
///
/// A decoding step is as fast as its cache can be read: packing it first would read it twice and
/// write it once. Four queries share every load; grouped heads give them, otherwise some of the
/// four are idle, which costs less than the reading takes.
///
/// Scores and weights are laid out `[key][4]`, so a vector holds those of `LENGTH / 4` keys.
final class FewQueriesKernel {
  /// Queries side by side.
  static final int QUERIES = 4;

  /// Keys of a register block.
  private static final int KEYS = 4;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorShuffle<Float> BY_4 = turn(4);
  private static final VectorShuffle<Float> BY_8 = turn(8);

  private FewQueriesKernel() {}

  private static VectorShuffle<Float> turn(int by) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane + by) & (LENGTH - 1));
  }

  /// Scores of `count` keys.
  ///
  /// @param keys where they are
  /// @param from the byte at which the first starts
  /// @param step bytes from one to the next
  /// @param q the queries, `[4][stride]` from `qStart`, zeros behind `depth`
  /// @param s the scores from `at`; −∞ up to a multiple of 4 keys
  /// @param block working space of 16 vectors
  static void scores(
      MemorySegment keys,
      long from,
      long step,
      int count,
      float[] q,
      int qStart,
      int stride,
      int depth,
      float[] s,
      int at,
      float[] block) {
    for (int key = 0; key < count; key += KEYS) {
      // Behind the last key it is read again; what comes of it is replaced.
      int last = count - 1 - key;
      long first = from + key * step;
      products(
          keys,
          first,
          first + Math.min(1, last) * step,
          first + Math.min(2, last) * step,
          first + Math.min(3, last) * step,
          q,
          qStart,
          stride,
          depth,
          block);
      if (depth % LENGTH != 0) {
        rest(keys, first, step, last, q, qStart, stride, depth, block);
      }
      int to = at + key * QUERIES;
      Transposition.sums(block, KEYS * QUERIES, s, to);
      for (int i = (last + 1) * QUERIES; i < KEYS * QUERIES; i++) {
        s[to + i] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /// Products of 4 keys with 4 queries, element by element, summed over all vectors of a row.
  private static void products(
      MemorySegment keys,
      long r0,
      long r1,
      long r2,
      long r3,
      float[] q,
      int qStart,
      int stride,
      int depth,
      float[] block) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c02 = FloatVector.zero(SPECIES);
    FloatVector c03 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c12 = FloatVector.zero(SPECIES);
    FloatVector c13 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c22 = FloatVector.zero(SPECIES);
    FloatVector c23 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
    FloatVector c32 = FloatVector.zero(SPECIES);
    FloatVector c33 = FloatVector.zero(SPECIES);
    for (int d = 0; d + LENGTH <= depth; d += LENGTH) {
      FloatVector q0 = FloatVector.fromArray(SPECIES, q, qStart + d);
      FloatVector q1 = FloatVector.fromArray(SPECIES, q, qStart + stride + d);
      FloatVector q2 = FloatVector.fromArray(SPECIES, q, qStart + 2 * stride + d);
      FloatVector q3 = FloatVector.fromArray(SPECIES, q, qStart + 3 * stride + d);
      FloatVector k = FloatVector.fromMemorySegment(SPECIES, keys, r0 + 4L * d, ORDER);
      c00 = k.fma(q0, c00);
      c01 = k.fma(q1, c01);
      c02 = k.fma(q2, c02);
      c03 = k.fma(q3, c03);
      k = FloatVector.fromMemorySegment(SPECIES, keys, r1 + 4L * d, ORDER);
      c10 = k.fma(q0, c10);
      c11 = k.fma(q1, c11);
      c12 = k.fma(q2, c12);
      c13 = k.fma(q3, c13);
      k = FloatVector.fromMemorySegment(SPECIES, keys, r2 + 4L * d, ORDER);
      c20 = k.fma(q0, c20);
      c21 = k.fma(q1, c21);
      c22 = k.fma(q2, c22);
      c23 = k.fma(q3, c23);
      k = FloatVector.fromMemorySegment(SPECIES, keys, r3 + 4L * d, ORDER);
      c30 = k.fma(q0, c30);
      c31 = k.fma(q1, c31);
      c32 = k.fma(q2, c32);
      c33 = k.fma(q3, c33);
    }
    c00.intoArray(block, 0);
    c01.intoArray(block, LENGTH);
    c02.intoArray(block, 2 * LENGTH);
    c03.intoArray(block, 3 * LENGTH);
    c10.intoArray(block, 4 * LENGTH);
    c11.intoArray(block, 5 * LENGTH);
    c12.intoArray(block, 6 * LENGTH);
    c13.intoArray(block, 7 * LENGTH);
    c20.intoArray(block, 8 * LENGTH);
    c21.intoArray(block, 9 * LENGTH);
    c22.intoArray(block, 10 * LENGTH);
    c23.intoArray(block, 11 * LENGTH);
    c30.intoArray(block, 12 * LENGTH);
    c31.intoArray(block, 13 * LENGTH);
    c32.intoArray(block, 14 * LENGTH);
    c33.intoArray(block, 15 * LENGTH);
  }

  /// The elements behind the last whole vector.
  private static void rest(
      MemorySegment keys,
      long first,
      long step,
      int last,
      float[] q,
      int qStart,
      int stride,
      int depth,
      float[] block) {
    int d = depth - depth % LENGTH;
    VectorMask<Float> there = SPECIES.indexInRange(d, depth);
    for (int key = 0; key < KEYS; key++) {
      FloatVector k =
          FloatVector.fromMemorySegment(
              SPECIES, keys, first + Math.min(key, last) * step + 4L * d, ORDER, there);
      for (int query = 0; query < QUERIES; query++) {
        int i = (key * QUERIES + query) * LENGTH;
        k.fma(
                FloatVector.fromArray(SPECIES, q, qStart + query * stride + d),
                FloatVector.fromArray(SPECIES, block, i))
            .intoArray(block, i);
      }
    }
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

  /// Adds `count` weighted values.
  ///
  /// @param values where they are
  /// @param from the byte at which the first starts
  /// @param step bytes from one to the next
  /// @param size elements of a value
  /// @param p weights `[key][4]` from `at`
  /// @param alpha what each query's output so far is multiplied by, from `lane`
  /// @param o outputs `[4][stride]` from `oStart`
  /// @param block working space of 16 vectors
  static void values(
      MemorySegment values,
      long from,
      long step,
      int count,
      int size,
      float[] p,
      int at,
      float[] alpha,
      int lane,
      float[] o,
      int oStart,
      int stride,
      float[] block) {
    int c = 0;
    for (; c + 8 * LENGTH <= size; c += 8 * LENGTH) {
      for (int query = 0; query < QUERIES; query += 2) {
        wide(values, from + 4L * c, step, count, p, at + query, block);
        add(block, 2, 8, alpha, lane + query, o, oStart + query * stride + c, stride);
      }
    }
    for (; c + 4 * LENGTH <= size; c += 4 * LENGTH) {
      medium(values, from + 4L * c, step, count, p, at, block);
      add(block, 4, 4, alpha, lane, o, oStart + c, stride);
    }
    for (; c < size; c += LENGTH) {
      int width = Math.min(LENGTH, size - c);
      single(values, from + 4L * c, step, count, width, p, at, block);
      add(block, 4, 1, alpha, lane, o, oStart + c, stride);
    }
  }

  /// 2 queries x 8 vectors: whole rows of values, so that memory is read in order.
  private static void wide(
      MemorySegment values, long from, long step, int count, float[] p, int at, float[] block) {
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = FloatVector.zero(SPECIES);
    FloatVector a2 = FloatVector.zero(SPECIES);
    FloatVector a3 = FloatVector.zero(SPECIES);
    FloatVector a4 = FloatVector.zero(SPECIES);
    FloatVector a5 = FloatVector.zero(SPECIES);
    FloatVector a6 = FloatVector.zero(SPECIES);
    FloatVector a7 = FloatVector.zero(SPECIES);
    FloatVector b0 = FloatVector.zero(SPECIES);
    FloatVector b1 = FloatVector.zero(SPECIES);
    FloatVector b2 = FloatVector.zero(SPECIES);
    FloatVector b3 = FloatVector.zero(SPECIES);
    FloatVector b4 = FloatVector.zero(SPECIES);
    FloatVector b5 = FloatVector.zero(SPECIES);
    FloatVector b6 = FloatVector.zero(SPECIES);
    FloatVector b7 = FloatVector.zero(SPECIES);
    for (int key = 0; key < count; key++) {
      long row = from + key * step;
      FloatVector x = FloatVector.broadcast(SPECIES, p[at + key * QUERIES]);
      FloatVector y = FloatVector.broadcast(SPECIES, p[at + key * QUERIES + 1]);
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, values, row, ORDER);
      a0 = v.fma(x, a0);
      b0 = v.fma(y, b0);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 4L * LENGTH, ORDER);
      a1 = v.fma(x, a1);
      b1 = v.fma(y, b1);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 8L * LENGTH, ORDER);
      a2 = v.fma(x, a2);
      b2 = v.fma(y, b2);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 12L * LENGTH, ORDER);
      a3 = v.fma(x, a3);
      b3 = v.fma(y, b3);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 16L * LENGTH, ORDER);
      a4 = v.fma(x, a4);
      b4 = v.fma(y, b4);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 20L * LENGTH, ORDER);
      a5 = v.fma(x, a5);
      b5 = v.fma(y, b5);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 24L * LENGTH, ORDER);
      a6 = v.fma(x, a6);
      b6 = v.fma(y, b6);
      v = FloatVector.fromMemorySegment(SPECIES, values, row + 28L * LENGTH, ORDER);
      a7 = v.fma(x, a7);
      b7 = v.fma(y, b7);
    }
    a0.intoArray(block, 0);
    a1.intoArray(block, LENGTH);
    a2.intoArray(block, 2 * LENGTH);
    a3.intoArray(block, 3 * LENGTH);
    a4.intoArray(block, 4 * LENGTH);
    a5.intoArray(block, 5 * LENGTH);
    a6.intoArray(block, 6 * LENGTH);
    a7.intoArray(block, 7 * LENGTH);
    b0.intoArray(block, 8 * LENGTH);
    b1.intoArray(block, 9 * LENGTH);
    b2.intoArray(block, 10 * LENGTH);
    b3.intoArray(block, 11 * LENGTH);
    b4.intoArray(block, 12 * LENGTH);
    b5.intoArray(block, 13 * LENGTH);
    b6.intoArray(block, 14 * LENGTH);
    b7.intoArray(block, 15 * LENGTH);
  }

  /// 4 queries x 4 vectors.
  private static void medium(
      MemorySegment values, long from, long step, int count, float[] p, int at, float[] block) {
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = FloatVector.zero(SPECIES);
    FloatVector a2 = FloatVector.zero(SPECIES);
    FloatVector a3 = FloatVector.zero(SPECIES);
    FloatVector b0 = FloatVector.zero(SPECIES);
    FloatVector b1 = FloatVector.zero(SPECIES);
    FloatVector b2 = FloatVector.zero(SPECIES);
    FloatVector b3 = FloatVector.zero(SPECIES);
    FloatVector c0 = FloatVector.zero(SPECIES);
    FloatVector c1 = FloatVector.zero(SPECIES);
    FloatVector c2 = FloatVector.zero(SPECIES);
    FloatVector c3 = FloatVector.zero(SPECIES);
    FloatVector d0 = FloatVector.zero(SPECIES);
    FloatVector d1 = FloatVector.zero(SPECIES);
    FloatVector d2 = FloatVector.zero(SPECIES);
    FloatVector d3 = FloatVector.zero(SPECIES);
    for (int key = 0; key < count; key++) {
      long start = from + key * step;
      int w = at + key * QUERIES;
      FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, values, start, ORDER);
      FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, values, start + 4L * LENGTH, ORDER);
      FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, values, start + 8L * LENGTH, ORDER);
      FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, values, start + 12L * LENGTH, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, p[w]);
      a0 = x.fma(v0, a0);
      a1 = x.fma(v1, a1);
      a2 = x.fma(v2, a2);
      a3 = x.fma(v3, a3);
      x = FloatVector.broadcast(SPECIES, p[w + 1]);
      b0 = x.fma(v0, b0);
      b1 = x.fma(v1, b1);
      b2 = x.fma(v2, b2);
      b3 = x.fma(v3, b3);
      x = FloatVector.broadcast(SPECIES, p[w + 2]);
      c0 = x.fma(v0, c0);
      c1 = x.fma(v1, c1);
      c2 = x.fma(v2, c2);
      c3 = x.fma(v3, c3);
      x = FloatVector.broadcast(SPECIES, p[w + 3]);
      d0 = x.fma(v0, d0);
      d1 = x.fma(v1, d1);
      d2 = x.fma(v2, d2);
      d3 = x.fma(v3, d3);
    }
    a0.intoArray(block, 0);
    a1.intoArray(block, LENGTH);
    a2.intoArray(block, 2 * LENGTH);
    a3.intoArray(block, 3 * LENGTH);
    b0.intoArray(block, 4 * LENGTH);
    b1.intoArray(block, 5 * LENGTH);
    b2.intoArray(block, 6 * LENGTH);
    b3.intoArray(block, 7 * LENGTH);
    c0.intoArray(block, 8 * LENGTH);
    c1.intoArray(block, 9 * LENGTH);
    c2.intoArray(block, 10 * LENGTH);
    c3.intoArray(block, 11 * LENGTH);
    d0.intoArray(block, 12 * LENGTH);
    d1.intoArray(block, 13 * LENGTH);
    d2.intoArray(block, 14 * LENGTH);
    d3.intoArray(block, 15 * LENGTH);
  }

  /// 4 queries x 1 vector or less.
  private static void single(
      MemorySegment values,
      long from,
      long step,
      int count,
      int width,
      float[] p,
      int at,
      float[] block) {
    VectorMask<Float> there = SPECIES.indexInRange(0, width);
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = FloatVector.zero(SPECIES);
    FloatVector c = FloatVector.zero(SPECIES);
    FloatVector d = FloatVector.zero(SPECIES);
    for (int key = 0; key < count; key++) {
      int w = at + key * QUERIES;
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, values, from + key * step, ORDER, there);
      a = v.fma(FloatVector.broadcast(SPECIES, p[w]), a);
      b = v.fma(FloatVector.broadcast(SPECIES, p[w + 1]), b);
      c = v.fma(FloatVector.broadcast(SPECIES, p[w + 2]), c);
      d = v.fma(FloatVector.broadcast(SPECIES, p[w + 3]), d);
    }
    a.intoArray(block, 0);
    b.intoArray(block, LENGTH);
    c.intoArray(block, 2 * LENGTH);
    d.intoArray(block, 3 * LENGTH);
  }

  /// Adds the sums of some queries to their outputs; apart from the loop that makes them, since one
  /// method with both is more than the compiler inlines.
  private static void add(
      float[] block,
      int queries,
      int vectors,
      float[] alpha,
      int lane,
      float[] o,
      int oStart,
      int stride) {
    int from = 0;
    for (int query = 0; query < queries; query++) {
      int at = oStart + query * stride;
      for (int v = 0; v < vectors; v++, from += LENGTH, at += LENGTH) {
        FloatVector shrink = FloatVector.broadcast(SPECIES, alpha[lane + query]);
        FloatVector.fromArray(SPECIES, o, at)
            .fma(shrink, FloatVector.fromArray(SPECIES, block, from))
            .intoArray(o, at);
      }
    }
  }
}
