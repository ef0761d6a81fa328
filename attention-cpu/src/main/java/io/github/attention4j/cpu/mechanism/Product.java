package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.FEW_REGISTERS;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/// Products of small row-major matrices: $C \leftarrow C + A B$.
///
/// Blocks of 4 rows and 4 vectors of columns where there are 32 registers, else 4 rows and 2
/// vectors: 8 sums hide the latency of fused multiply-add on two units, 16 take fewer loads each. 8
/// rows and 2 vectors are slower than 4 and 4: places of so many rows do not fit the registers for
/// numbers. The inner dimension goes in stretches of [#STRETCH], each summed from zero: fewer
/// roundings pile up in a long sum, and the stretch of $B$ stays in the cache.
///
/// Every block is longer than what the compiler inlines, and no vector crosses a method: see
/// docs/decisions/021-compiled-alone.md.
final class Product {
  private static final int STRETCH = 256;

  private Product() {}

  /// Adds the product of `a` `[m, k]` and `b` `[k, n]` to `c` `[m, n]`; rows start `lda`, `ldb` and
  /// `ldc` elements apart.
  ///
  /// @param n a multiple of the number of lanes
  static void add(
      float[] a, int aFrom, int lda, float[] b, int ldb, float[] c, int ldc, int m, int k, int n) {
    add(a, aFrom, lda, b, ldb, c, 0, ldc, m, k, n);
  }

  /// [#add(float[], int, int, float[], int, float[], int, int, int, int)] to a matrix that starts
  /// at `cFrom`.
  static void add(
      float[] a,
      int aFrom,
      int lda,
      float[] b,
      int ldb,
      float[] c,
      int cFrom,
      int ldc,
      int m,
      int k,
      int n) {
    for (int first = 0; first < k; first += STRETCH) {
      int depth = Math.min(STRETCH, k - first);
      for (int column = 0, width; column < n; column += width * LENGTH) {
        int left = (n - column) / LENGTH;
        width = left >= 4 && !FEW_REGISTERS ? 4 : Math.min(left, 2);
        int bAt = first * ldb + column;
        for (int row = 0; row + 4 <= m; row += 4) {
          int aAt = aFrom + row * lda + first;
          int cAt = cFrom + row * ldc + column;
          switch (width) {
            case 4 -> block4x4(a, aAt, lda, b, bAt, ldb, c, cAt, ldc, depth);
            case 2 -> block4x2(a, aAt, lda, b, bAt, ldb, c, cAt, ldc, depth);
            default -> block4x1(a, aAt, lda, b, bAt, ldb, c, cAt, ldc, depth);
          }
        }
      }
      for (int row = m - m % 4; row < m; row++) {
        int aAt = aFrom + row * lda + first;
        int cAt = cFrom + row * ldc;
        int column = 0;
        for (; column + 2 * LENGTH <= n; column += 2 * LENGTH) {
          block1x2(a, aAt, b, first * ldb + column, ldb, c, cAt + column, depth);
        }
        if (column < n) {
          block1x1(a, aAt, b, first * ldb + column, ldb, c, cAt + column, depth);
        }
      }
    }
  }

  private static void block4x4(
      float[] a,
      int a0,
      int lda,
      float[] b,
      int bFrom,
      int ldb,
      float[] c,
      int cFrom,
      int ldc,
      int depth) {
    int a1 = a0 + lda;
    int a2 = a1 + lda;
    int a3 = a2 + lda;
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
    for (int p = 0, at = bFrom; p < depth; p++, at += ldb) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at + 0 * LENGTH);
      FloatVector bb = FloatVector.fromArray(SPECIES, b, at + 1 * LENGTH);
      FloatVector bc = FloatVector.fromArray(SPECIES, b, at + 2 * LENGTH);
      FloatVector bd = FloatVector.fromArray(SPECIES, b, at + 3 * LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      c0c = x.fma(bc, c0c);
      c0d = x.fma(bd, c0d);
      x = FloatVector.broadcast(SPECIES, a[a1 + p]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      c1c = x.fma(bc, c1c);
      c1d = x.fma(bd, c1d);
      x = FloatVector.broadcast(SPECIES, a[a2 + p]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      c2c = x.fma(bc, c2c);
      c2d = x.fma(bd, c2d);
      x = FloatVector.broadcast(SPECIES, a[a3 + p]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      c3c = x.fma(bc, c3c);
      c3d = x.fma(bd, c3d);
    }
    int at = cFrom;
    FloatVector.fromArray(SPECIES, c, at + 0 * LENGTH).add(c0a).intoArray(c, at + 0 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 1 * LENGTH).add(c0b).intoArray(c, at + 1 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 2 * LENGTH).add(c0c).intoArray(c, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 3 * LENGTH).add(c0d).intoArray(c, at + 3 * LENGTH);
    at += ldc;
    FloatVector.fromArray(SPECIES, c, at + 0 * LENGTH).add(c1a).intoArray(c, at + 0 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 1 * LENGTH).add(c1b).intoArray(c, at + 1 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 2 * LENGTH).add(c1c).intoArray(c, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 3 * LENGTH).add(c1d).intoArray(c, at + 3 * LENGTH);
    at += ldc;
    FloatVector.fromArray(SPECIES, c, at + 0 * LENGTH).add(c2a).intoArray(c, at + 0 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 1 * LENGTH).add(c2b).intoArray(c, at + 1 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 2 * LENGTH).add(c2c).intoArray(c, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 3 * LENGTH).add(c2d).intoArray(c, at + 3 * LENGTH);
    at += ldc;
    FloatVector.fromArray(SPECIES, c, at + 0 * LENGTH).add(c3a).intoArray(c, at + 0 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 1 * LENGTH).add(c3b).intoArray(c, at + 1 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 2 * LENGTH).add(c3c).intoArray(c, at + 2 * LENGTH);
    FloatVector.fromArray(SPECIES, c, at + 3 * LENGTH).add(c3d).intoArray(c, at + 3 * LENGTH);
  }

  private static void block4x2(
      float[] a,
      int a0,
      int lda,
      float[] b,
      int bFrom,
      int ldb,
      float[] c,
      int cFrom,
      int ldc,
      int depth) {
    int a1 = a0 + lda;
    int a2 = a1 + lda;
    int a3 = a2 + lda;
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    for (int p = 0, at = bFrom; p < depth; p++, at += ldb) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at);
      FloatVector bb = FloatVector.fromArray(SPECIES, b, at + LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(SPECIES, a[a1 + p]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      x = FloatVector.broadcast(SPECIES, a[a2 + p]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(SPECIES, a[a3 + p]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
    }
    FloatVector.fromArray(SPECIES, c, cFrom).add(c0a).intoArray(c, cFrom);
    FloatVector.fromArray(SPECIES, c, cFrom + LENGTH).add(c0b).intoArray(c, cFrom + LENGTH);
    FloatVector.fromArray(SPECIES, c, cFrom + ldc).add(c1a).intoArray(c, cFrom + ldc);
    FloatVector.fromArray(SPECIES, c, cFrom + ldc + LENGTH)
        .add(c1b)
        .intoArray(c, cFrom + ldc + LENGTH);
    FloatVector.fromArray(SPECIES, c, cFrom + 2 * ldc).add(c2a).intoArray(c, cFrom + 2 * ldc);
    FloatVector.fromArray(SPECIES, c, cFrom + 2 * ldc + LENGTH)
        .add(c2b)
        .intoArray(c, cFrom + 2 * ldc + LENGTH);
    FloatVector.fromArray(SPECIES, c, cFrom + 3 * ldc).add(c3a).intoArray(c, cFrom + 3 * ldc);
    FloatVector.fromArray(SPECIES, c, cFrom + 3 * ldc + LENGTH)
        .add(c3b)
        .intoArray(c, cFrom + 3 * ldc + LENGTH);
  }

  /// Every fourth step has a sum of its own: one would wait for its own multiply-add.
  private static void block1x2(
      float[] a, int a0, float[] b, int bFrom, int ldb, float[] c, int cFrom, int depth) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    int p = 0;
    int at = bFrom;
    for (; p + 3 < depth; p += 4, at += 4 * ldb) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
      c0b = x.fma(FloatVector.fromArray(SPECIES, b, at + LENGTH), c0b);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 1]);
      c1a = x.fma(FloatVector.fromArray(SPECIES, b, at + ldb), c1a);
      c1b = x.fma(FloatVector.fromArray(SPECIES, b, at + ldb + LENGTH), c1b);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 2]);
      c2a = x.fma(FloatVector.fromArray(SPECIES, b, at + 2 * ldb), c2a);
      c2b = x.fma(FloatVector.fromArray(SPECIES, b, at + 2 * ldb + LENGTH), c2b);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 3]);
      c3a = x.fma(FloatVector.fromArray(SPECIES, b, at + 3 * ldb), c3a);
      c3b = x.fma(FloatVector.fromArray(SPECIES, b, at + 3 * ldb + LENGTH), c3b);
    }
    for (; p < depth; p++, at += ldb) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
      c0b = x.fma(FloatVector.fromArray(SPECIES, b, at + LENGTH), c0b);
    }
    FloatVector.fromArray(SPECIES, c, cFrom)
        .add(c0a.add(c1a).add(c2a.add(c3a)))
        .intoArray(c, cFrom);
    FloatVector.fromArray(SPECIES, c, cFrom + LENGTH)
        .add(c0b.add(c1b).add(c2b.add(c3b)))
        .intoArray(c, cFrom + LENGTH);
  }

  /// Even and odd steps have sums of their own, eight in all.
  private static void block4x1(
      float[] a,
      int a0,
      int lda,
      float[] b,
      int bFrom,
      int ldb,
      float[] c,
      int cFrom,
      int ldc,
      int depth) {
    int a1 = a0 + lda;
    int a2 = a1 + lda;
    int a3 = a2 + lda;
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    int p = 0;
    int at = bFrom;
    for (; p + 1 < depth; p += 2, at += 2 * ldb) {
      FloatVector even = FloatVector.fromArray(SPECIES, b, at);
      FloatVector odd = FloatVector.fromArray(SPECIES, b, at + ldb);
      c0a = even.fma(FloatVector.broadcast(SPECIES, a[a0 + p]), c0a);
      c0b = odd.fma(FloatVector.broadcast(SPECIES, a[a0 + p + 1]), c0b);
      c1a = even.fma(FloatVector.broadcast(SPECIES, a[a1 + p]), c1a);
      c1b = odd.fma(FloatVector.broadcast(SPECIES, a[a1 + p + 1]), c1b);
      c2a = even.fma(FloatVector.broadcast(SPECIES, a[a2 + p]), c2a);
      c2b = odd.fma(FloatVector.broadcast(SPECIES, a[a2 + p + 1]), c2b);
      c3a = even.fma(FloatVector.broadcast(SPECIES, a[a3 + p]), c3a);
      c3b = odd.fma(FloatVector.broadcast(SPECIES, a[a3 + p + 1]), c3b);
    }
    if (p < depth) {
      FloatVector even = FloatVector.fromArray(SPECIES, b, at);
      c0a = even.fma(FloatVector.broadcast(SPECIES, a[a0 + p]), c0a);
      c1a = even.fma(FloatVector.broadcast(SPECIES, a[a1 + p]), c1a);
      c2a = even.fma(FloatVector.broadcast(SPECIES, a[a2 + p]), c2a);
      c3a = even.fma(FloatVector.broadcast(SPECIES, a[a3 + p]), c3a);
    }
    FloatVector.fromArray(SPECIES, c, cFrom).add(c0a.add(c0b)).intoArray(c, cFrom);
    FloatVector.fromArray(SPECIES, c, cFrom + ldc).add(c1a.add(c1b)).intoArray(c, cFrom + ldc);
    FloatVector.fromArray(SPECIES, c, cFrom + 2 * ldc)
        .add(c2a.add(c2b))
        .intoArray(c, cFrom + 2 * ldc);
    FloatVector.fromArray(SPECIES, c, cFrom + 3 * ldc)
        .add(c3a.add(c3b))
        .intoArray(c, cFrom + 3 * ldc);
  }

  /// Every fourth step has a sum of its own: one would wait for its own multiply-add.
  private static void block1x1(
      float[] a, int a0, float[] b, int bFrom, int ldb, float[] c, int cFrom, int depth) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    int p = 0;
    int at = bFrom;
    for (; p + 7 < depth; p += 8, at += 8 * ldb) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 1]);
      c1a = x.fma(FloatVector.fromArray(SPECIES, b, at + ldb), c1a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 2]);
      c2a = x.fma(FloatVector.fromArray(SPECIES, b, at + 2 * ldb), c2a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 3]);
      c3a = x.fma(FloatVector.fromArray(SPECIES, b, at + 3 * ldb), c3a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 4]);
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at + 4 * ldb), c0a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 5]);
      c1a = x.fma(FloatVector.fromArray(SPECIES, b, at + 5 * ldb), c1a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 6]);
      c2a = x.fma(FloatVector.fromArray(SPECIES, b, at + 6 * ldb), c2a);
      x = FloatVector.broadcast(SPECIES, a[a0 + p + 7]);
      c3a = x.fma(FloatVector.fromArray(SPECIES, b, at + 7 * ldb), c3a);
    }
    for (; p < depth; p++, at += ldb) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
    }
    FloatVector.fromArray(SPECIES, c, cFrom)
        .add(c0a.add(c1a).add(c2a.add(c3a)))
        .intoArray(c, cFrom);
  }
}
