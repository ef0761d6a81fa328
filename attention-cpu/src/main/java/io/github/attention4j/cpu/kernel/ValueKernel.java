package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.FEW_REGISTERS;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// The stage *value*: $O_{i,c} \leftarrow \alpha_i O_{i,c} + \sum_k P_{k,i}\, V_{k,c}$ for a panel
/// of queries, with columns of values in lanes.
///
/// Weights come as the softmax leaves them, queries side by side; one of them is broadcast against
/// the vectors of a value. So outputs are rows and need no transposition, and as many queries as
/// there are, not as many as lanes, are computed. Values are aligned to whole vectors, which an
/// array on the heap cannot be: a vector across two lines of the cache takes two loads.
///
/// The sum of a tile starts from zero and joins the rescaled output at the end: the same work as
/// accumulating into it, and a shorter chain of roundings.
final class ValueKernel {
  /// Rows that are written at most behind the last query.
  static final int MARGIN = 8;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private ValueKernel() {}

  /// Adds values, weighted.
  ///
  /// @param v where the values are
  /// @param base added to the start of each value
  /// @param rows the start of each value in `v`, in elements
  /// @param reach how many values are added for each query; a block of queries takes as many as
  ///   that of them which takes most, the others' weights being 0
  /// @param columns a multiple of [Lanes#LENGTH]
  /// @param p weights, `[values][width]`, readable up to the margin behind the last
  /// @param width lanes of the panel
  /// @param queries how many of them are queries
  /// @param alpha what the output so far is multiplied by, per query
  /// @param first whether there is no output so far
  /// @param o the output, `[queries + MARGIN][columns]`
  static void run(
      MemorySegment v,
      int base,
      int[] rows,
      int[] reach,
      int columns,
      float[] p,
      int width,
      int queries,
      float[] alpha,
      boolean first,
      float[] o) {
    int c = 0;
    if (!FEW_REGISTERS) {
      // Three vectors and two rather than four and one.
      for (; c + 4 * LENGTH <= columns && c + 5 * LENGTH != columns; c += 4 * LENGTH) {
        for (int query = 0; query < queries; ) {
          int at = query * columns + c;
          // Eight rows where six would leave less than half a block over.
          int left = queries - query;
          if (left == 7 || left == 8 || left == 16) {
            int n = most(reach, query, query + 8, queries);
            int next = base + c + 2 * LENGTH;
            int right = at + 2 * LENGTH;
            block8x2(v, base + c, rows, n, p, query, width, alpha, first, o, at, columns);
            block8x2(v, next, rows, n, p, query, width, alpha, first, o, right, columns);
            query += 8;
          } else {
            int n = most(reach, query, query + 6, queries);
            block6x4(v, base + c, rows, n, p, query, width, alpha, first, o, at, columns);
            query += 6;
          }
        }
      }
      if ((columns - c) / LENGTH % 2 == 1 && c + 3 * LENGTH <= columns) {
        for (int query = 0; query < queries; query += 8) {
          int n = most(reach, query, query + 8, queries);
          int at = query * columns + c;
          block8x3(v, base + c, rows, n, p, query, width, alpha, first, o, at, columns);
        }
        c += 3 * LENGTH;
      }
    }
    for (; c + 2 * LENGTH <= columns; c += 2 * LENGTH) {
      for (int query = 0; query < queries; query += FEW_REGISTERS ? 6 : 8) {
        int n = most(reach, query, query + (FEW_REGISTERS ? 6 : 8), queries);
        int at = query * columns + c;
        if (FEW_REGISTERS) {
          block6x2(v, base + c, rows, n, p, query, width, alpha, first, o, at, columns);
        } else {
          block8x2(v, base + c, rows, n, p, query, width, alpha, first, o, at, columns);
        }
      }
    }
    for (int query = 0; c < columns && query < queries; query += 8) {
      int n = most(reach, query, query + 8, queries);
      int at = query * columns + c;
      block8x1(v, base + c, rows, n, p, query, width, alpha, first, o, at, columns);
    }
  }

  private static int most(int[] reach, int from, int to, int queries) {
    int most = 0;
    for (int query = from; query < Math.min(to, queries); query++) {
      most = Math.max(most, reach[query]);
    }
    return most;
  }

  private static void block6x4(
      MemorySegment v,
      int base,
      int[] rows,
      int count,
      float[] p,
      int query,
      int width,
      float[] alpha,
      boolean first,
      float[] o,
      int at,
      int columns) {
    if (!v.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c0c = FloatVector.zero(SPECIES);
    FloatVector c0d = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c1c = FloatVector.zero(SPECIES);
    FloatVector c1d = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c2c = FloatVector.zero(SPECIES);
    FloatVector c2d = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    FloatVector c3c = FloatVector.zero(SPECIES);
    FloatVector c3d = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c4b = FloatVector.zero(SPECIES);
    FloatVector c4c = FloatVector.zero(SPECIES);
    FloatVector c4d = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c5b = FloatVector.zero(SPECIES);
    FloatVector c5c = FloatVector.zero(SPECIES);
    FloatVector c5d = FloatVector.zero(SPECIES);
    for (int k = 0, from = query; k < count; k++, from += width) {
      MemorySegment row = v.asSlice(4L * (base + rows[k]), 16L * LENGTH);
      FloatVector va = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector vb = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      FloatVector vc = FloatVector.fromMemorySegment(SPECIES, row, 8L * LENGTH, ORDER);
      FloatVector vd = FloatVector.fromMemorySegment(SPECIES, row, 12L * LENGTH, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, p[from]);
      c0a = x.fma(va, c0a);
      c0b = x.fma(vb, c0b);
      c0c = x.fma(vc, c0c);
      c0d = x.fma(vd, c0d);
      x = FloatVector.broadcast(SPECIES, p[from + 1]);
      c1a = x.fma(va, c1a);
      c1b = x.fma(vb, c1b);
      c1c = x.fma(vc, c1c);
      c1d = x.fma(vd, c1d);
      x = FloatVector.broadcast(SPECIES, p[from + 2]);
      c2a = x.fma(va, c2a);
      c2b = x.fma(vb, c2b);
      c2c = x.fma(vc, c2c);
      c2d = x.fma(vd, c2d);
      x = FloatVector.broadcast(SPECIES, p[from + 3]);
      c3a = x.fma(va, c3a);
      c3b = x.fma(vb, c3b);
      c3c = x.fma(vc, c3c);
      c3d = x.fma(vd, c3d);
      x = FloatVector.broadcast(SPECIES, p[from + 4]);
      c4a = x.fma(va, c4a);
      c4b = x.fma(vb, c4b);
      c4c = x.fma(vc, c4c);
      c4d = x.fma(vd, c4d);
      x = FloatVector.broadcast(SPECIES, p[from + 5]);
      c5a = x.fma(va, c5a);
      c5b = x.fma(vb, c5b);
      c5c = x.fma(vc, c5c);
      c5d = x.fma(vd, c5d);
    }
    int to = at;
    if (first) {
      c0a.intoArray(o, to);
      c0b.intoArray(o, to + LENGTH);
      c0c.intoArray(o, to + 2 * LENGTH);
      c0d.intoArray(o, to + 3 * LENGTH);
      to += columns;
      c1a.intoArray(o, to);
      c1b.intoArray(o, to + LENGTH);
      c1c.intoArray(o, to + 2 * LENGTH);
      c1d.intoArray(o, to + 3 * LENGTH);
      to += columns;
      c2a.intoArray(o, to);
      c2b.intoArray(o, to + LENGTH);
      c2c.intoArray(o, to + 2 * LENGTH);
      c2d.intoArray(o, to + 3 * LENGTH);
      to += columns;
      c3a.intoArray(o, to);
      c3b.intoArray(o, to + LENGTH);
      c3c.intoArray(o, to + 2 * LENGTH);
      c3d.intoArray(o, to + 3 * LENGTH);
      to += columns;
      c4a.intoArray(o, to);
      c4b.intoArray(o, to + LENGTH);
      c4c.intoArray(o, to + 2 * LENGTH);
      c4d.intoArray(o, to + 3 * LENGTH);
      to += columns;
      c5a.intoArray(o, to);
      c5b.intoArray(o, to + LENGTH);
      c5c.intoArray(o, to + 2 * LENGTH);
      c5d.intoArray(o, to + 3 * LENGTH);
      return;
    }
    FloatVector shrink = FloatVector.broadcast(SPECIES, alpha[query]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c0a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c0b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c0c)
        .intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH)
        .fma(shrink, c0d)
        .intoArray(o, to + 3 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 1]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c1a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c1b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c1c)
        .intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH)
        .fma(shrink, c1d)
        .intoArray(o, to + 3 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 2]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c2a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c2b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c2c)
        .intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH)
        .fma(shrink, c2d)
        .intoArray(o, to + 3 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 3]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c3a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c3b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c3c)
        .intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH)
        .fma(shrink, c3d)
        .intoArray(o, to + 3 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 4]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c4a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c4b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c4c)
        .intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH)
        .fma(shrink, c4d)
        .intoArray(o, to + 3 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 5]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c5a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c5b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c5c)
        .intoArray(o, to + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 3 * LENGTH)
        .fma(shrink, c5d)
        .intoArray(o, to + 3 * LENGTH);
  }

  private static void block8x3(
      MemorySegment v,
      int base,
      int[] rows,
      int count,
      float[] p,
      int query,
      int width,
      float[] alpha,
      boolean first,
      float[] o,
      int at,
      int columns) {
    if (!v.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c0c = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c1c = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c2c = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    FloatVector c3c = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c4b = FloatVector.zero(SPECIES);
    FloatVector c4c = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c5b = FloatVector.zero(SPECIES);
    FloatVector c5c = FloatVector.zero(SPECIES);
    FloatVector c6a = FloatVector.zero(SPECIES);
    FloatVector c6b = FloatVector.zero(SPECIES);
    FloatVector c6c = FloatVector.zero(SPECIES);
    FloatVector c7a = FloatVector.zero(SPECIES);
    FloatVector c7b = FloatVector.zero(SPECIES);
    FloatVector c7c = FloatVector.zero(SPECIES);
    for (int k = 0, from = query; k < count; k++, from += width) {
      MemorySegment row = v.asSlice(4L * (base + rows[k]), 12L * LENGTH);
      FloatVector va = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector vb = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      FloatVector vc = FloatVector.fromMemorySegment(SPECIES, row, 8L * LENGTH, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, p[from]);
      c0a = x.fma(va, c0a);
      c0b = x.fma(vb, c0b);
      c0c = x.fma(vc, c0c);
      x = FloatVector.broadcast(SPECIES, p[from + 1]);
      c1a = x.fma(va, c1a);
      c1b = x.fma(vb, c1b);
      c1c = x.fma(vc, c1c);
      x = FloatVector.broadcast(SPECIES, p[from + 2]);
      c2a = x.fma(va, c2a);
      c2b = x.fma(vb, c2b);
      c2c = x.fma(vc, c2c);
      x = FloatVector.broadcast(SPECIES, p[from + 3]);
      c3a = x.fma(va, c3a);
      c3b = x.fma(vb, c3b);
      c3c = x.fma(vc, c3c);
      x = FloatVector.broadcast(SPECIES, p[from + 4]);
      c4a = x.fma(va, c4a);
      c4b = x.fma(vb, c4b);
      c4c = x.fma(vc, c4c);
      x = FloatVector.broadcast(SPECIES, p[from + 5]);
      c5a = x.fma(va, c5a);
      c5b = x.fma(vb, c5b);
      c5c = x.fma(vc, c5c);
      x = FloatVector.broadcast(SPECIES, p[from + 6]);
      c6a = x.fma(va, c6a);
      c6b = x.fma(vb, c6b);
      c6c = x.fma(vc, c6c);
      x = FloatVector.broadcast(SPECIES, p[from + 7]);
      c7a = x.fma(va, c7a);
      c7b = x.fma(vb, c7b);
      c7c = x.fma(vc, c7c);
    }
    int to = at;
    if (first) {
      c0a.intoArray(o, to);
      c0b.intoArray(o, to + LENGTH);
      c0c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c1a.intoArray(o, to);
      c1b.intoArray(o, to + LENGTH);
      c1c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c2a.intoArray(o, to);
      c2b.intoArray(o, to + LENGTH);
      c2c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c3a.intoArray(o, to);
      c3b.intoArray(o, to + LENGTH);
      c3c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c4a.intoArray(o, to);
      c4b.intoArray(o, to + LENGTH);
      c4c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c5a.intoArray(o, to);
      c5b.intoArray(o, to + LENGTH);
      c5c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c6a.intoArray(o, to);
      c6b.intoArray(o, to + LENGTH);
      c6c.intoArray(o, to + 2 * LENGTH);
      to += columns;
      c7a.intoArray(o, to);
      c7b.intoArray(o, to + LENGTH);
      c7c.intoArray(o, to + 2 * LENGTH);
      return;
    }
    FloatVector shrink = FloatVector.broadcast(SPECIES, alpha[query]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c0a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c0b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c0c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 1]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c1a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c1b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c1c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 2]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c2a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c2b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c2c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 3]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c3a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c3b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c3c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 4]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c4a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c4b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c4c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 5]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c5a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c5b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c5c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 6]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c6a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c6b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c6c)
        .intoArray(o, to + 2 * LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 7]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c7a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c7b).intoArray(o, to + LENGTH);
    FloatVector.fromArray(SPECIES, o, to + 2 * LENGTH)
        .fma(shrink, c7c)
        .intoArray(o, to + 2 * LENGTH);
  }

  private static void block8x2(
      MemorySegment v,
      int base,
      int[] rows,
      int count,
      float[] p,
      int query,
      int width,
      float[] alpha,
      boolean first,
      float[] o,
      int at,
      int columns) {
    if (!v.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c4b = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c5b = FloatVector.zero(SPECIES);
    FloatVector c6a = FloatVector.zero(SPECIES);
    FloatVector c6b = FloatVector.zero(SPECIES);
    FloatVector c7a = FloatVector.zero(SPECIES);
    FloatVector c7b = FloatVector.zero(SPECIES);
    for (int k = 0, from = query; k < count; k++, from += width) {
      MemorySegment row = v.asSlice(4L * (base + rows[k]), 8L * LENGTH);
      FloatVector va = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector vb = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, p[from]);
      c0a = x.fma(va, c0a);
      c0b = x.fma(vb, c0b);
      x = FloatVector.broadcast(SPECIES, p[from + 1]);
      c1a = x.fma(va, c1a);
      c1b = x.fma(vb, c1b);
      x = FloatVector.broadcast(SPECIES, p[from + 2]);
      c2a = x.fma(va, c2a);
      c2b = x.fma(vb, c2b);
      x = FloatVector.broadcast(SPECIES, p[from + 3]);
      c3a = x.fma(va, c3a);
      c3b = x.fma(vb, c3b);
      x = FloatVector.broadcast(SPECIES, p[from + 4]);
      c4a = x.fma(va, c4a);
      c4b = x.fma(vb, c4b);
      x = FloatVector.broadcast(SPECIES, p[from + 5]);
      c5a = x.fma(va, c5a);
      c5b = x.fma(vb, c5b);
      x = FloatVector.broadcast(SPECIES, p[from + 6]);
      c6a = x.fma(va, c6a);
      c6b = x.fma(vb, c6b);
      x = FloatVector.broadcast(SPECIES, p[from + 7]);
      c7a = x.fma(va, c7a);
      c7b = x.fma(vb, c7b);
    }
    int to = at;
    if (first) {
      c0a.intoArray(o, to);
      c0b.intoArray(o, to + LENGTH);
      to += columns;
      c1a.intoArray(o, to);
      c1b.intoArray(o, to + LENGTH);
      to += columns;
      c2a.intoArray(o, to);
      c2b.intoArray(o, to + LENGTH);
      to += columns;
      c3a.intoArray(o, to);
      c3b.intoArray(o, to + LENGTH);
      to += columns;
      c4a.intoArray(o, to);
      c4b.intoArray(o, to + LENGTH);
      to += columns;
      c5a.intoArray(o, to);
      c5b.intoArray(o, to + LENGTH);
      to += columns;
      c6a.intoArray(o, to);
      c6b.intoArray(o, to + LENGTH);
      to += columns;
      c7a.intoArray(o, to);
      c7b.intoArray(o, to + LENGTH);
      return;
    }
    FloatVector shrink = FloatVector.broadcast(SPECIES, alpha[query]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c0a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c0b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 1]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c1a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c1b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 2]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c2a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c2b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 3]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c3a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c3b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 4]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c4a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c4b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 5]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c5a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c5b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 6]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c6a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c6b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 7]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c7a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c7b).intoArray(o, to + LENGTH);
  }

  private static void block8x1(
      MemorySegment v,
      int base,
      int[] rows,
      int count,
      float[] p,
      int query,
      int width,
      float[] alpha,
      boolean first,
      float[] o,
      int at,
      int columns) {
    if (!v.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c6a = FloatVector.zero(SPECIES);
    FloatVector c7a = FloatVector.zero(SPECIES);
    for (int k = 0, from = query; k < count; k++, from += width) {
      MemorySegment row = v.asSlice(4L * (base + rows[k]), 4L * LENGTH);
      FloatVector va = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, p[from]);
      c0a = x.fma(va, c0a);
      x = FloatVector.broadcast(SPECIES, p[from + 1]);
      c1a = x.fma(va, c1a);
      x = FloatVector.broadcast(SPECIES, p[from + 2]);
      c2a = x.fma(va, c2a);
      x = FloatVector.broadcast(SPECIES, p[from + 3]);
      c3a = x.fma(va, c3a);
      x = FloatVector.broadcast(SPECIES, p[from + 4]);
      c4a = x.fma(va, c4a);
      x = FloatVector.broadcast(SPECIES, p[from + 5]);
      c5a = x.fma(va, c5a);
      x = FloatVector.broadcast(SPECIES, p[from + 6]);
      c6a = x.fma(va, c6a);
      x = FloatVector.broadcast(SPECIES, p[from + 7]);
      c7a = x.fma(va, c7a);
    }
    int to = at;
    if (first) {
      c0a.intoArray(o, to);
      to += columns;
      c1a.intoArray(o, to);
      to += columns;
      c2a.intoArray(o, to);
      to += columns;
      c3a.intoArray(o, to);
      to += columns;
      c4a.intoArray(o, to);
      to += columns;
      c5a.intoArray(o, to);
      to += columns;
      c6a.intoArray(o, to);
      to += columns;
      c7a.intoArray(o, to);
      return;
    }
    FloatVector shrink = FloatVector.broadcast(SPECIES, alpha[query]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c0a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 1]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c1a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 2]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c2a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 3]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c3a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 4]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c4a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 5]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c5a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 6]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c6a).intoArray(o, to);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 7]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c7a).intoArray(o, to);
  }

  private static void block6x2(
      MemorySegment v,
      int base,
      int[] rows,
      int count,
      float[] p,
      int query,
      int width,
      float[] alpha,
      boolean first,
      float[] o,
      int at,
      int columns) {
    if (!v.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c4b = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c5b = FloatVector.zero(SPECIES);
    for (int k = 0, from = query; k < count; k++, from += width) {
      MemorySegment row = v.asSlice(4L * (base + rows[k]), 8L * LENGTH);
      FloatVector va = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector vb = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, p[from]);
      c0a = x.fma(va, c0a);
      c0b = x.fma(vb, c0b);
      x = FloatVector.broadcast(SPECIES, p[from + 1]);
      c1a = x.fma(va, c1a);
      c1b = x.fma(vb, c1b);
      x = FloatVector.broadcast(SPECIES, p[from + 2]);
      c2a = x.fma(va, c2a);
      c2b = x.fma(vb, c2b);
      x = FloatVector.broadcast(SPECIES, p[from + 3]);
      c3a = x.fma(va, c3a);
      c3b = x.fma(vb, c3b);
      x = FloatVector.broadcast(SPECIES, p[from + 4]);
      c4a = x.fma(va, c4a);
      c4b = x.fma(vb, c4b);
      x = FloatVector.broadcast(SPECIES, p[from + 5]);
      c5a = x.fma(va, c5a);
      c5b = x.fma(vb, c5b);
    }
    int to = at;
    if (first) {
      c0a.intoArray(o, to);
      c0b.intoArray(o, to + LENGTH);
      to += columns;
      c1a.intoArray(o, to);
      c1b.intoArray(o, to + LENGTH);
      to += columns;
      c2a.intoArray(o, to);
      c2b.intoArray(o, to + LENGTH);
      to += columns;
      c3a.intoArray(o, to);
      c3b.intoArray(o, to + LENGTH);
      to += columns;
      c4a.intoArray(o, to);
      c4b.intoArray(o, to + LENGTH);
      to += columns;
      c5a.intoArray(o, to);
      c5b.intoArray(o, to + LENGTH);
      return;
    }
    FloatVector shrink = FloatVector.broadcast(SPECIES, alpha[query]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c0a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c0b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 1]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c1a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c1b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 2]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c2a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c2b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 3]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c3a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c3b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 4]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c4a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c4b).intoArray(o, to + LENGTH);
    to += columns;
    shrink = FloatVector.broadcast(SPECIES, alpha[query + 5]);
    FloatVector.fromArray(SPECIES, o, to).fma(shrink, c5a).intoArray(o, to);
    FloatVector.fromArray(SPECIES, o, to + LENGTH).fma(shrink, c5b).intoArray(o, to + LENGTH);
  }
}
