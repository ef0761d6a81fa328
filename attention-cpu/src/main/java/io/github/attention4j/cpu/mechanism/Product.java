package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/// Products of small row-major matrices: $C \leftarrow C + A B$.
///
/// Blocks of 4 rows and 2 vectors of columns: 8 sums, which hide the latency of fused multiply-add
/// on two units, and fit 16 registers with what feeds them. The inner dimension goes in stretches
/// of [#STRETCH], each summed from zero: fewer roundings pile up in a long sum, and the stretch of
/// $B$ stays in the cache.
final class Product {
  private static final int STRETCH = 256;

  private Product() {}

  /// Adds the product of `a` `[m, k]` and `b` `[k, n]` to `c` `[m, n]`; rows start `lda`, `ldb` and
  /// `ldc` elements apart.
  ///
  /// @param n a multiple of the number of lanes
  static void add(
      float[] a, int aFrom, int lda, float[] b, int ldb, float[] c, int ldc, int m, int k, int n) {
    for (int first = 0; first < k; first += STRETCH) {
      int depth = Math.min(STRETCH, k - first);
      int column = 0;
      for (; column + 2 * LENGTH <= n; column += 2 * LENGTH) {
        int row = 0;
        for (; row + 4 <= m; row += 4) {
          block4x2(
              a,
              aFrom + row * lda + first,
              lda,
              b,
              first * ldb + column,
              ldb,
              c,
              row * ldc + column,
              ldc,
              depth);
        }
        for (; row < m; row++) {
          block1x2(
              a,
              aFrom + row * lda + first,
              b,
              first * ldb + column,
              ldb,
              c,
              row * ldc + column,
              depth);
        }
      }
      if (column < n) {
        int row = 0;
        for (; row + 4 <= m; row += 4) {
          block4x1(
              a,
              aFrom + row * lda + first,
              lda,
              b,
              first * ldb + column,
              ldb,
              c,
              row * ldc + column,
              ldc,
              depth);
        }
        for (; row < m; row++) {
          block1x1(
              a,
              aFrom + row * lda + first,
              b,
              first * ldb + column,
              ldb,
              c,
              row * ldc + column,
              depth);
        }
      }
    }
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
    accumulate(c0a, c, cFrom);
    accumulate(c0b, c, cFrom + LENGTH);
    accumulate(c1a, c, cFrom + ldc);
    accumulate(c1b, c, cFrom + ldc + LENGTH);
    accumulate(c2a, c, cFrom + 2 * ldc);
    accumulate(c2b, c, cFrom + 2 * ldc + LENGTH);
    accumulate(c3a, c, cFrom + 3 * ldc);
    accumulate(c3b, c, cFrom + 3 * ldc + LENGTH);
  }

  private static void block1x2(
      float[] a, int a0, float[] b, int bFrom, int ldb, float[] c, int cFrom, int depth) {
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    for (int p = 0, at = bFrom; p < depth; p++, at += ldb) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + p]);
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
      c0b = x.fma(FloatVector.fromArray(SPECIES, b, at + LENGTH), c0b);
    }
    accumulate(c0a, c, cFrom);
    accumulate(c0b, c, cFrom + LENGTH);
  }

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
    FloatVector c0 = FloatVector.zero(SPECIES);
    FloatVector c1 = FloatVector.zero(SPECIES);
    FloatVector c2 = FloatVector.zero(SPECIES);
    FloatVector c3 = FloatVector.zero(SPECIES);
    for (int p = 0, at = bFrom; p < depth; p++, at += ldb) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at);
      c0 = ba.fma(FloatVector.broadcast(SPECIES, a[a0 + p]), c0);
      c1 = ba.fma(FloatVector.broadcast(SPECIES, a[a1 + p]), c1);
      c2 = ba.fma(FloatVector.broadcast(SPECIES, a[a2 + p]), c2);
      c3 = ba.fma(FloatVector.broadcast(SPECIES, a[a3 + p]), c3);
    }
    accumulate(c0, c, cFrom);
    accumulate(c1, c, cFrom + ldc);
    accumulate(c2, c, cFrom + 2 * ldc);
    accumulate(c3, c, cFrom + 3 * ldc);
  }

  private static void block1x1(
      float[] a, int a0, float[] b, int bFrom, int ldb, float[] c, int cFrom, int depth) {
    FloatVector c0 = FloatVector.zero(SPECIES);
    for (int p = 0, at = bFrom; p < depth; p++, at += ldb) {
      c0 = FloatVector.fromArray(SPECIES, b, at).fma(FloatVector.broadcast(SPECIES, a[a0 + p]), c0);
    }
    accumulate(c0, c, cFrom);
  }

  private static void accumulate(FloatVector sum, float[] c, int at) {
    FloatVector.fromArray(SPECIES, c, at).add(sum).intoArray(c, at);
  }
}
