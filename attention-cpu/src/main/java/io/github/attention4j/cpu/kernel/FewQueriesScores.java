package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.FewQueriesSoftmax.QUERIES;
import static io.github.attention4j.cpu.kernel.Lanes.BY_1;
import static io.github.attention4j.cpu.kernel.Lanes.BY_2;
import static io.github.attention4j.cpu.kernel.Lanes.BY_4;
import static io.github.attention4j.cpu.kernel.Lanes.BY_8;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Scores of four queries: products of elements in lanes, a key at a time, and the sums of their
/// lanes.
///
/// Queries stay in registers while keys go by in the order of memory, every line of it once per
/// pair of queries: the first pair waits for memory, the second finds a chunk in the first-level
/// cache. Several keys side by side would need fewer passes, but reads that jump between rows get
/// half of what memory gives.
///
/// A row is a slice of its own, so that its bounds are checked once: a check at every vector fills
/// the window in which the processor looks ahead for loads. The vectors of a row are written down
/// as 0, 7, 6, …, 1, because that is how the compiler comes to load them in ascending order.
///
/// Two queries' products of a key leave as one vector, after the first step of summing their lanes:
/// a load that looks ahead waits for any earlier store whose address agrees with its own in the
/// last twelve bits, so the fewer stores there are among the loads, the further it gets.
final class FewQueriesScores {
  /// Keys whose products wait for their sums. Of size 128 they and their products take 36 KiB in
  /// vectors of 256 bits and 40 in such of 512; the second pass finds the rest in the next cache.
  private static final int CHUNK = 64;

  /// Vectors of products that are kept for each key: one for two queries.
  private static final int PAIRS = QUERIES / 2;

  /// Elements of the working space.
  static final int BLOCK = CHUNK * PAIRS * LENGTH;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorMask<Float> ODD_1 = odd(1);
  private static final VectorMask<Float> ODD_2 = odd(2);
  private static final VectorMask<Float> ODD_4 = odd(4);
  private static final VectorMask<Float> ODD_8 = odd(8);

  private FewQueriesScores() {}

  private static VectorMask<Float> odd(int bit) {
    long bits = 0;
    for (int lane = 0; lane < LENGTH; lane++) {
      if ((lane & bit) != 0) {
        bits |= 1L << lane;
      }
    }
    return VectorMask.fromLong(SPECIES, bits);
  }

  /// Scores of `count` keys.
  ///
  /// @param keys where they are: native memory
  /// @param from the byte at which the first starts
  /// @param step bytes from one to the next
  /// @param q the queries, `[4][stride]` from `qStart`, zeros behind `depth`
  /// @param s the scores from `at`, `[key][4]`; −∞ up to a multiple of 4 keys
  /// @param block working space of [#BLOCK]
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
    for (int key = 0; key < count; key += CHUNK) {
      int some = Math.min(CHUNK, count - key);
      products(keys, from + key * step, step, some, q, qStart, stride, depth, block);
      sums(block, some, s, at + key * QUERIES);
    }
    int end = at + Lanes.roundUp(count, 4) * QUERIES;
    Arrays.fill(s, at + count * QUERIES, end, Float.NEGATIVE_INFINITY);
  }

  private static void products(
      MemorySegment keys,
      long from,
      long step,
      int count,
      float[] q,
      int qStart,
      int stride,
      int depth,
      float[] block) {
    int c = 0;
    for (; c + 8 * LENGTH <= depth; c += 8 * LENGTH) {
      for (int query = 0; query < QUERIES; query += 2) {
        int at = qStart + query * stride + c;
        wide(keys, from + 4L * c, step, count, q, at, stride, block, query / 2 * LENGTH, c > 0);
      }
    }
    for (; c + 4 * LENGTH <= depth; c += 4 * LENGTH) {
      medium(keys, from + 4L * c, step, count, q, qStart + c, stride, block, c > 0);
    }
    for (; c < depth; c += LENGTH) {
      int width = Math.min(LENGTH, depth - c);
      single(keys, from + 4L * c, step, count, width, q, qStart + c, stride, block, c > 0);
    }
  }

  /// 2 queries x 8 vectors: whole rows of keys.
  private static void wide(
      MemorySegment keys,
      long from,
      long step,
      int count,
      float[] q,
      int qStart,
      int stride,
      float[] block,
      int start,
      boolean more) {
    if (!keys.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector a0 = FloatVector.fromArray(SPECIES, q, qStart);
    FloatVector a1 = FloatVector.fromArray(SPECIES, q, qStart + LENGTH);
    FloatVector a2 = FloatVector.fromArray(SPECIES, q, qStart + 2 * LENGTH);
    FloatVector a3 = FloatVector.fromArray(SPECIES, q, qStart + 3 * LENGTH);
    FloatVector a4 = FloatVector.fromArray(SPECIES, q, qStart + 4 * LENGTH);
    FloatVector a5 = FloatVector.fromArray(SPECIES, q, qStart + 5 * LENGTH);
    FloatVector a6 = FloatVector.fromArray(SPECIES, q, qStart + 6 * LENGTH);
    FloatVector a7 = FloatVector.fromArray(SPECIES, q, qStart + 7 * LENGTH);
    FloatVector b0 = FloatVector.fromArray(SPECIES, q, qStart + stride);
    FloatVector b1 = FloatVector.fromArray(SPECIES, q, qStart + stride + LENGTH);
    FloatVector b2 = FloatVector.fromArray(SPECIES, q, qStart + stride + 2 * LENGTH);
    FloatVector b3 = FloatVector.fromArray(SPECIES, q, qStart + stride + 3 * LENGTH);
    FloatVector b4 = FloatVector.fromArray(SPECIES, q, qStart + stride + 4 * LENGTH);
    FloatVector b5 = FloatVector.fromArray(SPECIES, q, qStart + stride + 5 * LENGTH);
    FloatVector b6 = FloatVector.fromArray(SPECIES, q, qStart + stride + 6 * LENGTH);
    FloatVector b7 = FloatVector.fromArray(SPECIES, q, qStart + stride + 7 * LENGTH);
    for (int key = 0; key < count; key++) {
      MemorySegment row = keys.asSlice(from + key * step, 32L * LENGTH);
      FloatVector k = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector s0 = k.mul(a0);
      FloatVector s1 = k.mul(b0);
      k = FloatVector.fromMemorySegment(SPECIES, row, 28L * LENGTH, ORDER);
      s0 = k.fma(a7, s0);
      s1 = k.fma(b7, s1);
      k = FloatVector.fromMemorySegment(SPECIES, row, 24L * LENGTH, ORDER);
      s0 = k.fma(a6, s0);
      s1 = k.fma(b6, s1);
      k = FloatVector.fromMemorySegment(SPECIES, row, 20L * LENGTH, ORDER);
      s0 = k.fma(a5, s0);
      s1 = k.fma(b5, s1);
      k = FloatVector.fromMemorySegment(SPECIES, row, 16L * LENGTH, ORDER);
      s0 = k.fma(a4, s0);
      s1 = k.fma(b4, s1);
      k = FloatVector.fromMemorySegment(SPECIES, row, 12L * LENGTH, ORDER);
      s0 = k.fma(a3, s0);
      s1 = k.fma(b3, s1);
      k = FloatVector.fromMemorySegment(SPECIES, row, 8L * LENGTH, ORDER);
      s0 = k.fma(a2, s0);
      s1 = k.fma(b2, s1);
      k = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      s0 = k.fma(a1, s0);
      s1 = k.fma(b1, s1);
      s0 = s0.blend(s1, ODD_1).add(s1.blend(s0, ODD_1).rearrange(BY_1));
      int at = start + key * PAIRS * LENGTH;
      if (more) {
        s0 = s0.add(FloatVector.fromArray(SPECIES, block, at));
      }
      s0.intoArray(block, at);
    }
  }

  /// 4 queries x 4 vectors.
  private static void medium(
      MemorySegment keys,
      long from,
      long step,
      int count,
      float[] q,
      int qStart,
      int stride,
      float[] block,
      boolean more) {
    if (!keys.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector a0 = FloatVector.fromArray(SPECIES, q, qStart);
    FloatVector a1 = FloatVector.fromArray(SPECIES, q, qStart + LENGTH);
    FloatVector a2 = FloatVector.fromArray(SPECIES, q, qStart + 2 * LENGTH);
    FloatVector a3 = FloatVector.fromArray(SPECIES, q, qStart + 3 * LENGTH);
    FloatVector b0 = FloatVector.fromArray(SPECIES, q, qStart + stride);
    FloatVector b1 = FloatVector.fromArray(SPECIES, q, qStart + stride + LENGTH);
    FloatVector b2 = FloatVector.fromArray(SPECIES, q, qStart + stride + 2 * LENGTH);
    FloatVector b3 = FloatVector.fromArray(SPECIES, q, qStart + stride + 3 * LENGTH);
    FloatVector c0 = FloatVector.fromArray(SPECIES, q, qStart + 2 * stride);
    FloatVector c1 = FloatVector.fromArray(SPECIES, q, qStart + 2 * stride + LENGTH);
    FloatVector c2 = FloatVector.fromArray(SPECIES, q, qStart + 2 * stride + 2 * LENGTH);
    FloatVector c3 = FloatVector.fromArray(SPECIES, q, qStart + 2 * stride + 3 * LENGTH);
    FloatVector d0 = FloatVector.fromArray(SPECIES, q, qStart + 3 * stride);
    FloatVector d1 = FloatVector.fromArray(SPECIES, q, qStart + 3 * stride + LENGTH);
    FloatVector d2 = FloatVector.fromArray(SPECIES, q, qStart + 3 * stride + 2 * LENGTH);
    FloatVector d3 = FloatVector.fromArray(SPECIES, q, qStart + 3 * stride + 3 * LENGTH);
    for (int key = 0; key < count; key++) {
      MemorySegment row = keys.asSlice(from + key * step, 16L * LENGTH);
      FloatVector k = FloatVector.fromMemorySegment(SPECIES, row, 0, ORDER);
      FloatVector s0 = k.mul(a0);
      FloatVector s1 = k.mul(b0);
      FloatVector s2 = k.mul(c0);
      FloatVector s3 = k.mul(d0);
      k = FloatVector.fromMemorySegment(SPECIES, row, 12L * LENGTH, ORDER);
      s0 = k.fma(a3, s0);
      s1 = k.fma(b3, s1);
      s2 = k.fma(c3, s2);
      s3 = k.fma(d3, s3);
      k = FloatVector.fromMemorySegment(SPECIES, row, 8L * LENGTH, ORDER);
      s0 = k.fma(a2, s0);
      s1 = k.fma(b2, s1);
      s2 = k.fma(c2, s2);
      s3 = k.fma(d2, s3);
      k = FloatVector.fromMemorySegment(SPECIES, row, 4L * LENGTH, ORDER);
      s0 = k.fma(a1, s0);
      s1 = k.fma(b1, s1);
      s2 = k.fma(c1, s2);
      s3 = k.fma(d1, s3);
      s0 = s0.blend(s1, ODD_1).add(s1.blend(s0, ODD_1).rearrange(BY_1));
      s2 = s2.blend(s3, ODD_1).add(s3.blend(s2, ODD_1).rearrange(BY_1));
      int at = key * PAIRS * LENGTH;
      if (more) {
        s0 = s0.add(FloatVector.fromArray(SPECIES, block, at));
        s2 = s2.add(FloatVector.fromArray(SPECIES, block, at + LENGTH));
      }
      s0.intoArray(block, at);
      s2.intoArray(block, at + LENGTH);
    }
  }

  /// 4 queries x 1 vector or less.
  private static void single(
      MemorySegment keys,
      long from,
      long step,
      int count,
      int width,
      float[] q,
      int qStart,
      int stride,
      float[] block,
      boolean more) {
    if (!keys.isNative()) {
      throw Lanes.notNative();
    }
    VectorMask<Float> there = SPECIES.indexInRange(0, width);
    FloatVector a = FloatVector.fromArray(SPECIES, q, qStart);
    FloatVector b = FloatVector.fromArray(SPECIES, q, qStart + stride);
    FloatVector c = FloatVector.fromArray(SPECIES, q, qStart + 2 * stride);
    FloatVector d = FloatVector.fromArray(SPECIES, q, qStart + 3 * stride);
    for (int key = 0; key < count; key++) {
      FloatVector k = FloatVector.fromMemorySegment(SPECIES, keys, from + key * step, ORDER, there);
      FloatVector s0 = k.mul(a);
      FloatVector s1 = k.mul(b);
      FloatVector s2 = k.mul(c);
      FloatVector s3 = k.mul(d);
      s0 = s0.blend(s1, ODD_1).add(s1.blend(s0, ODD_1).rearrange(BY_1));
      s2 = s2.blend(s3, ODD_1).add(s3.blend(s2, ODD_1).rearrange(BY_1));
      int at = key * PAIRS * LENGTH;
      if (more) {
        s0 = s0.add(FloatVector.fromArray(SPECIES, block, at));
        s2 = s2.add(FloatVector.fromArray(SPECIES, block, at + LENGTH));
      }
      s0.intoArray(block, at);
      s2.intoArray(block, at + LENGTH);
    }
  }

  /// Sums of the lanes of the products of `count` keys, rounded up to a multiple of 4, into `s`.
  ///
  /// With $d = 1, 2, 4, …$, of two neighbours one keeps the lanes in which bit $d$ is 0, the other
  /// those in which it is 1, each with its exchange added: the same order always, and lane $i$ of
  /// what is left is the sum of the $i$-th. The first of these steps was taken with the products.
  private static void sums(float[] block, int count, float[] s, int start) {
    for (int key = 0; key < count; key += 4) {
      int from = key * PAIRS * LENGTH;
      FloatVector a0 = FloatVector.fromArray(SPECIES, block, from);
      FloatVector a1 = FloatVector.fromArray(SPECIES, block, from + LENGTH);
      FloatVector b0 = FloatVector.fromArray(SPECIES, block, from + 2 * LENGTH);
      FloatVector b1 = FloatVector.fromArray(SPECIES, block, from + 3 * LENGTH);
      FloatVector c0 = FloatVector.fromArray(SPECIES, block, from + 4 * LENGTH);
      FloatVector c1 = FloatVector.fromArray(SPECIES, block, from + 5 * LENGTH);
      FloatVector d0 = FloatVector.fromArray(SPECIES, block, from + 6 * LENGTH);
      FloatVector d1 = FloatVector.fromArray(SPECIES, block, from + 7 * LENGTH);
      a0 = a0.blend(a1, ODD_2).add(a1.blend(a0, ODD_2).rearrange(BY_2));
      b0 = b0.blend(b1, ODD_2).add(b1.blend(b0, ODD_2).rearrange(BY_2));
      c0 = c0.blend(c1, ODD_2).add(c1.blend(c0, ODD_2).rearrange(BY_2));
      d0 = d0.blend(d1, ODD_2).add(d1.blend(d0, ODD_2).rearrange(BY_2));
      int to = start + key * QUERIES;
      if (LENGTH == 4) {
        a0.intoArray(s, to);
        b0.intoArray(s, to + 4);
        c0.intoArray(s, to + 8);
        d0.intoArray(s, to + 12);
        continue;
      }
      a0 = a0.blend(b0, ODD_4).add(b0.blend(a0, ODD_4).rearrange(BY_4));
      c0 = c0.blend(d0, ODD_4).add(d0.blend(c0, ODD_4).rearrange(BY_4));
      if (LENGTH == 8) {
        a0.intoArray(s, to);
        c0.intoArray(s, to + 8);
        continue;
      }
      a0 = a0.blend(c0, ODD_8).add(c0.blend(a0, ODD_8).rearrange(BY_8));
      a0.intoArray(s, to);
    }
  }
}
