package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.BLOCK;
import static io.github.attention4j.cpu.kernel.Lanes.FEW_REGISTERS;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// Dot products of scattered rows with a panel: $C_{r,l} = \sum_d A_{r,d}\, B_{d,l}$.
///
/// The stage *score* calls it with keys as rows and a panel of queries; a linear layer with
/// positions as rows and a panel of output channels. Each step of the inner loop loads one row of
/// the panel (2-3 vectors), broadcasts one element of each of 8 rows and issues up to 16
/// independent fused multiply-adds: enough to hide their latency, few enough for the registers. Of
/// 16 registers, sums may take 9: the compiler loads two elements ahead, and where 12 sums leave it
/// no room it keeps one of them in memory.
///
/// Rows are in native memory: keys of the caller where they are, or packed ones. Each is a slice,
/// so that its bounds are checked once and not at every element.
final class ScoreKernel {
  /** Without a look at the alignment, which would stay in the loop. */
  private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private ScoreKernel() {}

  /// Computes `count` rows, rounded up to whole blocks of 8, into `c` as `[row][vectors * LENGTH]`.
  ///
  /// @param a where the rows are: native memory
  /// @param base added to the start of each row
  /// @param rows the start of each row in `a`, in elements, from index `first`; up to a whole block
  /// @param b the panel, `[depth][vectors * LENGTH]` from `bStart`
  static void run(
      MemorySegment a,
      long base,
      int[] rows,
      int first,
      int count,
      float[] b,
      int bStart,
      int vectors,
      int depth,
      float[] c) {
    int width = vectors * LENGTH;
    int row = 0;
    for (; row + 2 < count; row += BLOCK) {
      int at = row * width;
      int from = first + row;
      switch (vectors) {
        case 3 -> {
          // The last block repeats a row: a block of two is unrolled until its sums leave
          // registers.
          block3x3(a, base, rows, from, b, bStart, depth, c, at);
          block3x3(a, base, rows, from + 3, b, bStart, depth, c, at + 3 * width);
          block3x3(a, base, rows, from + 5, b, bStart, depth, c, at + 5 * width);
        }
        case 2 -> {
          if (FEW_REGISTERS) {
            block4x2(a, base, rows, from, b, bStart, depth, c, at);
            block4x2(a, base, rows, from + 4, b, bStart, depth, c, at + 4 * width);
          } else {
            block8x2(a, base, rows, from, b, bStart, depth, c, at);
          }
        }
        case 1 -> block8x1(a, base, rows, from, b, bStart, depth, c, at);
        default -> throw new IllegalArgumentException("vectors: expected 1 to 3, got " + vectors);
      }
    }
    // One or two rows left, such as the step of a decoder: a whole block would be mostly waste.
    for (; row < count; row++) {
      long from = base + rows[first + row];
      int at = row * width;
      switch (vectors) {
        case 2 -> row2(a, from, b, bStart, depth, c, at);
        default -> {
          for (int v = 0; v < vectors; v++) {
            row1(a, from, b, bStart + v * LENGTH, width, depth, c, at + v * LENGTH);
          }
        }
      }
    }
  }

  /// One row and one vector of the panel. Eight elements at a time: so this method is longer than
  /// what the compiler inlines, see [SoftmaxStage].
  private static void row1(
      MemorySegment a,
      long row,
      float[] b,
      int bStart,
      int step,
      int depth,
      float[] c,
      int cStart) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    MemorySegment r = a.asSlice(4 * row, 4L * depth);
    FloatVector c0 = FloatVector.zero(SPECIES);
    FloatVector c1 = FloatVector.zero(SPECIES);
    FloatVector c2 = FloatVector.zero(SPECIES);
    FloatVector c3 = FloatVector.zero(SPECIES);
    int d = 0;
    int at = bStart;
    for (; d + 7 < depth; d += 8, at += 8 * step) {
      FloatVector x0 = FloatVector.fromArray(SPECIES, b, at);
      c0 = x0.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * d)), c0);
      FloatVector x1 = FloatVector.fromArray(SPECIES, b, at + step);
      c1 = x1.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 1))), c1);
      FloatVector x2 = FloatVector.fromArray(SPECIES, b, at + 2 * step);
      c2 = x2.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 2))), c2);
      FloatVector x3 = FloatVector.fromArray(SPECIES, b, at + 3 * step);
      c3 = x3.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 3))), c3);
      FloatVector x4 = FloatVector.fromArray(SPECIES, b, at + 4 * step);
      c0 = x4.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 4))), c0);
      FloatVector x5 = FloatVector.fromArray(SPECIES, b, at + 5 * step);
      c1 = x5.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 5))), c1);
      FloatVector x6 = FloatVector.fromArray(SPECIES, b, at + 6 * step);
      c2 = x6.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 6))), c2);
      FloatVector x7 = FloatVector.fromArray(SPECIES, b, at + 7 * step);
      c3 = x7.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 7))), c3);
    }
    for (; d < depth; d++, at += step) {
      FloatVector x = FloatVector.fromArray(SPECIES, b, at);
      c0 = x.fma(FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * d)), c0);
    }
    c0.add(c1).add(c2.add(c3)).intoArray(c, cStart);
  }

  /// One row and the whole panel: every element of the panel is read once and in order, as fast as
  /// memory gives it; eight sums hide the latency of the multiply-adds.
  private static void row2(
      MemorySegment a, long row, float[] b, int bStart, int depth, float[] c, int cStart) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    MemorySegment r = a.asSlice(4 * row, 4L * depth);
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    int d = 0;
    int at = bStart;
    for (; d + 3 < depth; d += 4, at += 8 * LENGTH) {
      FloatVector x = FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * d));
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
      c0b = x.fma(FloatVector.fromArray(SPECIES, b, at + LENGTH), c0b);
      x = FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 1)));
      c1a = x.fma(FloatVector.fromArray(SPECIES, b, at + 2 * LENGTH), c1a);
      c1b = x.fma(FloatVector.fromArray(SPECIES, b, at + 3 * LENGTH), c1b);
      x = FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 2)));
      c2a = x.fma(FloatVector.fromArray(SPECIES, b, at + 4 * LENGTH), c2a);
      c2b = x.fma(FloatVector.fromArray(SPECIES, b, at + 5 * LENGTH), c2b);
      x = FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * (d + 3)));
      c3a = x.fma(FloatVector.fromArray(SPECIES, b, at + 6 * LENGTH), c3a);
      c3b = x.fma(FloatVector.fromArray(SPECIES, b, at + 7 * LENGTH), c3b);
    }
    for (; d < depth; d++, at += 2 * LENGTH) {
      FloatVector x = FloatVector.broadcast(SPECIES, r.get(ELEMENT, 4L * d));
      c0a = x.fma(FloatVector.fromArray(SPECIES, b, at), c0a);
      c0b = x.fma(FloatVector.fromArray(SPECIES, b, at + LENGTH), c0b);
    }
    c0a.add(c1a).add(c2a.add(c3a)).intoArray(c, cStart);
    c0b.add(c1b).add(c2b.add(c3b)).intoArray(c, cStart + LENGTH);
  }

  private static void block3x3(
      MemorySegment a,
      long base,
      int[] rows,
      int row,
      float[] b,
      int bStart,
      int depth,
      float[] c,
      int cStart) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    MemorySegment a0 = a.asSlice(4L * (base + rows[row]), 4L * depth);
    MemorySegment a1 = a.asSlice(4L * (base + rows[row + 1]), 4L * depth);
    MemorySegment a2 = a.asSlice(4L * (base + rows[row + 2]), 4L * depth);
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c0c = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c1c = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c2c = FloatVector.zero(SPECIES);
    for (int d = 0, at = bStart; d < depth; d++, at += 3 * LENGTH) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at);
      FloatVector bb = FloatVector.fromArray(SPECIES, b, at + LENGTH);
      FloatVector bc = FloatVector.fromArray(SPECIES, b, at + 2 * LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, a0.get(ELEMENT, 4L * d));
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      c0c = x.fma(bc, c0c);
      x = FloatVector.broadcast(SPECIES, a1.get(ELEMENT, 4L * d));
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      c1c = x.fma(bc, c1c);
      x = FloatVector.broadcast(SPECIES, a2.get(ELEMENT, 4L * d));
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      c2c = x.fma(bc, c2c);
    }
    c0a.intoArray(c, cStart);
    c0b.intoArray(c, cStart + LENGTH);
    c0c.intoArray(c, cStart + 2 * LENGTH);
    c1a.intoArray(c, cStart + 3 * LENGTH);
    c1b.intoArray(c, cStart + 4 * LENGTH);
    c1c.intoArray(c, cStart + 5 * LENGTH);
    c2a.intoArray(c, cStart + 6 * LENGTH);
    c2b.intoArray(c, cStart + 7 * LENGTH);
    c2c.intoArray(c, cStart + 8 * LENGTH);
  }

  private static void block8x2(
      MemorySegment a,
      long base,
      int[] rows,
      int row,
      float[] b,
      int bStart,
      int depth,
      float[] c,
      int cStart) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    MemorySegment a0 = a.asSlice(4L * (base + rows[row]), 4L * depth);
    MemorySegment a1 = a.asSlice(4L * (base + rows[row + 1]), 4L * depth);
    MemorySegment a2 = a.asSlice(4L * (base + rows[row + 2]), 4L * depth);
    MemorySegment a3 = a.asSlice(4L * (base + rows[row + 3]), 4L * depth);
    MemorySegment a4 = a.asSlice(4L * (base + rows[row + 4]), 4L * depth);
    MemorySegment a5 = a.asSlice(4L * (base + rows[row + 5]), 4L * depth);
    MemorySegment a6 = a.asSlice(4L * (base + rows[row + 6]), 4L * depth);
    MemorySegment a7 = a.asSlice(4L * (base + rows[row + 7]), 4L * depth);
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
    for (int d = 0, at = bStart; d < depth; d++, at += 2 * LENGTH) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at);
      FloatVector bb = FloatVector.fromArray(SPECIES, b, at + LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, a0.get(ELEMENT, 4L * d));
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(SPECIES, a1.get(ELEMENT, 4L * d));
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      x = FloatVector.broadcast(SPECIES, a2.get(ELEMENT, 4L * d));
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(SPECIES, a3.get(ELEMENT, 4L * d));
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      x = FloatVector.broadcast(SPECIES, a4.get(ELEMENT, 4L * d));
      c4a = x.fma(ba, c4a);
      c4b = x.fma(bb, c4b);
      x = FloatVector.broadcast(SPECIES, a5.get(ELEMENT, 4L * d));
      c5a = x.fma(ba, c5a);
      c5b = x.fma(bb, c5b);
      x = FloatVector.broadcast(SPECIES, a6.get(ELEMENT, 4L * d));
      c6a = x.fma(ba, c6a);
      c6b = x.fma(bb, c6b);
      x = FloatVector.broadcast(SPECIES, a7.get(ELEMENT, 4L * d));
      c7a = x.fma(ba, c7a);
      c7b = x.fma(bb, c7b);
    }
    c0a.intoArray(c, cStart);
    c0b.intoArray(c, cStart + LENGTH);
    c1a.intoArray(c, cStart + 2 * LENGTH);
    c1b.intoArray(c, cStart + 3 * LENGTH);
    c2a.intoArray(c, cStart + 4 * LENGTH);
    c2b.intoArray(c, cStart + 5 * LENGTH);
    c3a.intoArray(c, cStart + 6 * LENGTH);
    c3b.intoArray(c, cStart + 7 * LENGTH);
    c4a.intoArray(c, cStart + 8 * LENGTH);
    c4b.intoArray(c, cStart + 9 * LENGTH);
    c5a.intoArray(c, cStart + 10 * LENGTH);
    c5b.intoArray(c, cStart + 11 * LENGTH);
    c6a.intoArray(c, cStart + 12 * LENGTH);
    c6b.intoArray(c, cStart + 13 * LENGTH);
    c7a.intoArray(c, cStart + 14 * LENGTH);
    c7b.intoArray(c, cStart + 15 * LENGTH);
  }

  private static void block4x2(
      MemorySegment a,
      long base,
      int[] rows,
      int row,
      float[] b,
      int bStart,
      int depth,
      float[] c,
      int cStart) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    MemorySegment a0 = a.asSlice(4L * (base + rows[row]), 4L * depth);
    MemorySegment a1 = a.asSlice(4L * (base + rows[row + 1]), 4L * depth);
    MemorySegment a2 = a.asSlice(4L * (base + rows[row + 2]), 4L * depth);
    MemorySegment a3 = a.asSlice(4L * (base + rows[row + 3]), 4L * depth);
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c0b = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c1b = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c2b = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c3b = FloatVector.zero(SPECIES);
    for (int d = 0, at = bStart; d < depth; d++, at += 2 * LENGTH) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at);
      FloatVector bb = FloatVector.fromArray(SPECIES, b, at + LENGTH);
      FloatVector x = FloatVector.broadcast(SPECIES, a0.get(ELEMENT, 4L * d));
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(SPECIES, a1.get(ELEMENT, 4L * d));
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      x = FloatVector.broadcast(SPECIES, a2.get(ELEMENT, 4L * d));
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(SPECIES, a3.get(ELEMENT, 4L * d));
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
    }
    c0a.intoArray(c, cStart);
    c0b.intoArray(c, cStart + LENGTH);
    c1a.intoArray(c, cStart + 2 * LENGTH);
    c1b.intoArray(c, cStart + 3 * LENGTH);
    c2a.intoArray(c, cStart + 4 * LENGTH);
    c2b.intoArray(c, cStart + 5 * LENGTH);
    c3a.intoArray(c, cStart + 6 * LENGTH);
    c3b.intoArray(c, cStart + 7 * LENGTH);
  }

  private static void block8x1(
      MemorySegment a,
      long base,
      int[] rows,
      int row,
      float[] b,
      int bStart,
      int depth,
      float[] c,
      int cStart) {
    if (!a.isNative()) {
      throw Lanes.notNative();
    }
    MemorySegment a0 = a.asSlice(4L * (base + rows[row]), 4L * depth);
    MemorySegment a1 = a.asSlice(4L * (base + rows[row + 1]), 4L * depth);
    MemorySegment a2 = a.asSlice(4L * (base + rows[row + 2]), 4L * depth);
    MemorySegment a3 = a.asSlice(4L * (base + rows[row + 3]), 4L * depth);
    MemorySegment a4 = a.asSlice(4L * (base + rows[row + 4]), 4L * depth);
    MemorySegment a5 = a.asSlice(4L * (base + rows[row + 5]), 4L * depth);
    MemorySegment a6 = a.asSlice(4L * (base + rows[row + 6]), 4L * depth);
    MemorySegment a7 = a.asSlice(4L * (base + rows[row + 7]), 4L * depth);
    FloatVector c0a = FloatVector.zero(SPECIES);
    FloatVector c1a = FloatVector.zero(SPECIES);
    FloatVector c2a = FloatVector.zero(SPECIES);
    FloatVector c3a = FloatVector.zero(SPECIES);
    FloatVector c4a = FloatVector.zero(SPECIES);
    FloatVector c5a = FloatVector.zero(SPECIES);
    FloatVector c6a = FloatVector.zero(SPECIES);
    FloatVector c7a = FloatVector.zero(SPECIES);
    for (int d = 0, at = bStart; d < depth; d++, at += LENGTH) {
      FloatVector ba = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x = FloatVector.broadcast(SPECIES, a0.get(ELEMENT, 4L * d));
      c0a = x.fma(ba, c0a);
      x = FloatVector.broadcast(SPECIES, a1.get(ELEMENT, 4L * d));
      c1a = x.fma(ba, c1a);
      x = FloatVector.broadcast(SPECIES, a2.get(ELEMENT, 4L * d));
      c2a = x.fma(ba, c2a);
      x = FloatVector.broadcast(SPECIES, a3.get(ELEMENT, 4L * d));
      c3a = x.fma(ba, c3a);
      x = FloatVector.broadcast(SPECIES, a4.get(ELEMENT, 4L * d));
      c4a = x.fma(ba, c4a);
      x = FloatVector.broadcast(SPECIES, a5.get(ELEMENT, 4L * d));
      c5a = x.fma(ba, c5a);
      x = FloatVector.broadcast(SPECIES, a6.get(ELEMENT, 4L * d));
      c6a = x.fma(ba, c6a);
      x = FloatVector.broadcast(SPECIES, a7.get(ELEMENT, 4L * d));
      c7a = x.fma(ba, c7a);
    }
    c0a.intoArray(c, cStart);
    c1a.intoArray(c, cStart + LENGTH);
    c2a.intoArray(c, cStart + 2 * LENGTH);
    c3a.intoArray(c, cStart + 3 * LENGTH);
    c4a.intoArray(c, cStart + 4 * LENGTH);
    c5a.intoArray(c, cStart + 5 * LENGTH);
    c6a.intoArray(c, cStart + 6 * LENGTH);
    c7a.intoArray(c, cStart + 7 * LENGTH);
  }
}
