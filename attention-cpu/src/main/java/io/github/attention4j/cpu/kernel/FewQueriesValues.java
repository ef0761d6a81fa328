package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.FewQueriesSoftmax.QUERIES;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Weighted values of four queries, with elements in lanes: outputs stay in registers while values
/// go by in the order of memory. Slices and the order in which vectors are written down are those
/// of [FewQueriesScores].
final class FewQueriesValues {
  /// Values that the second pair of queries finds in the first-level cache.
  private static final int CHUNK = 64;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private FewQueriesValues() {}

  /// Adds `count` weighted values.
  ///
  /// @param values where they are: native memory
  /// @param from the byte at which the first starts
  /// @param step bytes from one to the next
  /// @param size elements of a value
  /// @param p weights `[key][4]` from `at`
  /// @param alpha what each query's output so far is multiplied by, from `lane`
  /// @param o outputs `[4][stride]` from `oStart`
  static void add(
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
      int stride) {
    for (int key = 0; key < count; key += CHUNK) {
      int some = Math.min(CHUNK, count - key);
      long first = from + key * step;
      int w = at + key * QUERIES;
      int c = 0;
      for (; c + 8 * LENGTH <= size; c += 8 * LENGTH) {
        for (int query = 0; query < QUERIES; query += 2) {
          int to = oStart + query * stride + c;
          wide(
              values,
              first + 4L * c,
              step,
              some,
              p,
              w + query,
              alpha,
              lane + query,
              o,
              to,
              stride,
              key > 0);
        }
      }
      for (; c + 4 * LENGTH <= size; c += 4 * LENGTH) {
        medium(
            values, first + 4L * c, step, some, p, w, alpha, lane, o, oStart + c, stride, key > 0);
      }
      for (; c < size; c += LENGTH) {
        int width = Math.min(LENGTH, size - c);
        single(
            values,
            first + 4L * c,
            step,
            some,
            width,
            p,
            w,
            alpha,
            lane,
            o,
            oStart + c,
            stride,
            key > 0);
      }
    }
  }

  /// 2 queries x 8 vectors: whole rows of values.
  private static void wide(
      MemorySegment values,
      long from,
      long step,
      int count,
      float[] p,
      int at,
      float[] alpha,
      int lane,
      float[] o,
      int oStart,
      int stride,
      boolean more) {
    if (!values.isNative()) {
      throw Lanes.notNative();
    }
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
      MemorySegment row = values.asSlice(from + key * step, 32L * LENGTH);
      int w = at + key * QUERIES;
      FloatVector p0 = FloatVector.broadcast(SPECIES, p[w]);
      FloatVector p1 = FloatVector.broadcast(SPECIES, p[w + 1]);
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      a0 = v.fma(p0, a0);
      b0 = v.fma(p1, b0);
      v = FloatVector.fromMemorySegment(SPECIES, row, 28L * LENGTH, ORDER);
      a7 = v.fma(p0, a7);
      b7 = v.fma(p1, b7);
      v = FloatVector.fromMemorySegment(SPECIES, row, 24L * LENGTH, ORDER);
      a6 = v.fma(p0, a6);
      b6 = v.fma(p1, b6);
      v = FloatVector.fromMemorySegment(SPECIES, row, 20L * LENGTH, ORDER);
      a5 = v.fma(p0, a5);
      b5 = v.fma(p1, b5);
      v = FloatVector.fromMemorySegment(SPECIES, row, 16L * LENGTH, ORDER);
      a4 = v.fma(p0, a4);
      b4 = v.fma(p1, b4);
      v = FloatVector.fromMemorySegment(SPECIES, row, 12L * LENGTH, ORDER);
      a3 = v.fma(p0, a3);
      b3 = v.fma(p1, b3);
      v = FloatVector.fromMemorySegment(SPECIES, row, 8L * LENGTH, ORDER);
      a2 = v.fma(p0, a2);
      b2 = v.fma(p1, b2);
      v = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      a1 = v.fma(p0, a1);
      b1 = v.fma(p1, b1);
    }
    FloatVector f0 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane]);
    int to = oStart;
    FloatVector.fromArray(SPECIES, o, to).fma(f0, a0).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(f0, a1).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH).fma(f0, a2).intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH).fma(f0, a3).intoArray(o, to + 3 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 4 * LENGTH).fma(f0, a4).intoArray(o, to + 4 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 5 * LENGTH).fma(f0, a5).intoArray(o, to + 5 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 6 * LENGTH).fma(f0, a6).intoArray(o, to + 6 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 7 * LENGTH).fma(f0, a7).intoArray(o, to + 7 * LENGTH);
    FloatVector f1 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 1]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f1, b0).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(f1, b1).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH).fma(f1, b2).intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH).fma(f1, b3).intoArray(o, to + 3 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 4 * LENGTH).fma(f1, b4).intoArray(o, to + 4 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 5 * LENGTH).fma(f1, b5).intoArray(o, to + 5 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 6 * LENGTH).fma(f1, b6).intoArray(o, to + 6 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 7 * LENGTH).fma(f1, b7).intoArray(o, to + 7 * LENGTH);
  }

  /// 4 queries x 4 vectors.
  private static void medium(
      MemorySegment values,
      long from,
      long step,
      int count,
      float[] p,
      int at,
      float[] alpha,
      int lane,
      float[] o,
      int oStart,
      int stride,
      boolean more) {
    if (!values.isNative()) {
      throw Lanes.notNative();
    }
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
      MemorySegment row = values.asSlice(from + key * step, 16L * LENGTH);
      int w = at + key * QUERIES;
      FloatVector p0 = FloatVector.broadcast(SPECIES, p[w]);
      FloatVector p1 = FloatVector.broadcast(SPECIES, p[w + 1]);
      FloatVector p2 = FloatVector.broadcast(SPECIES, p[w + 2]);
      FloatVector p3 = FloatVector.broadcast(SPECIES, p[w + 3]);
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      a0 = v.fma(p0, a0);
      b0 = v.fma(p1, b0);
      c0 = v.fma(p2, c0);
      d0 = v.fma(p3, d0);
      v = FloatVector.fromMemorySegment(SPECIES, row, 12L * LENGTH, ORDER);
      a3 = v.fma(p0, a3);
      b3 = v.fma(p1, b3);
      c3 = v.fma(p2, c3);
      d3 = v.fma(p3, d3);
      v = FloatVector.fromMemorySegment(SPECIES, row, 8L * LENGTH, ORDER);
      a2 = v.fma(p0, a2);
      b2 = v.fma(p1, b2);
      c2 = v.fma(p2, c2);
      d2 = v.fma(p3, d2);
      v = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      a1 = v.fma(p0, a1);
      b1 = v.fma(p1, b1);
      c1 = v.fma(p2, c1);
      d1 = v.fma(p3, d1);
    }
    FloatVector f0 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane]);
    int to = oStart;
    FloatVector.fromArray(SPECIES, o, to).fma(f0, a0).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(f0, a1).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH).fma(f0, a2).intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH).fma(f0, a3).intoArray(o, to + 3 * LENGTH);
    FloatVector f1 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 1]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f1, b0).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(f1, b1).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH).fma(f1, b2).intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH).fma(f1, b3).intoArray(o, to + 3 * LENGTH);
    FloatVector f2 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 2]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f2, c0).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(f2, c1).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH).fma(f2, c2).intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH).fma(f2, c3).intoArray(o, to + 3 * LENGTH);
    FloatVector f3 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 3]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f3, d0).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(f3, d1).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH).fma(f3, d2).intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH).fma(f3, d3).intoArray(o, to + 3 * LENGTH);
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
      float[] alpha,
      int lane,
      float[] o,
      int oStart,
      int stride,
      boolean more) {
    if (!values.isNative()) {
      throw Lanes.notNative();
    }
    VectorMask<Float> there = SPECIES.indexInRange(0, width);
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = FloatVector.zero(SPECIES);
    FloatVector c = FloatVector.zero(SPECIES);
    FloatVector d = FloatVector.zero(SPECIES);
    for (int key = 0; key < count; key++) {
      int w = at + key * QUERIES;
      FloatVector p0 = FloatVector.broadcast(SPECIES, p[w]);
      FloatVector p1 = FloatVector.broadcast(SPECIES, p[w + 1]);
      FloatVector p2 = FloatVector.broadcast(SPECIES, p[w + 2]);
      FloatVector p3 = FloatVector.broadcast(SPECIES, p[w + 3]);
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, values, from + key * step, ORDER, there);
      a = v.fma(p0, a);
      b = v.fma(p1, b);
      c = v.fma(p2, c);
      d = v.fma(p3, d);
    }
    FloatVector f0 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane]);
    int to = oStart;
    FloatVector.fromArray(SPECIES, o, to).fma(f0, a).intoArray(o, to);
    FloatVector f1 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 1]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f1, b).intoArray(o, to);
    FloatVector f2 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 2]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f2, c).intoArray(o, to);
    FloatVector f3 = FloatVector.broadcast(SPECIES, more ? 1f : alpha[lane + 3]);
    to += stride;
    FloatVector.fromArray(SPECIES, o, to).fma(f3, d).intoArray(o, to);
  }
}
