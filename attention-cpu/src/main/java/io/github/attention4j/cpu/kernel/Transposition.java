package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Turns rows into lanes and back, a square of vectors at a time.
///
/// Butterflies: with $s = L/2, L/4, …, 1$, rows $i$ and $i + s$ exchange the lanes in which bit $s$
/// differs from that of the row: one instruction per vector and step, which chooses among the lanes
/// of both rows, where moving single elements takes two per element. Four rows at a time go through
/// two steps in registers, so that a square is stored once on its way.
final class Transposition {
  /// The exchanges as choices among the lanes of two rows: what the lower row becomes, and what the
  /// upper.
  private static final IntVector LOW8 = turn(8, false);

  private static final IntVector HIGH8 = turn(8, true);
  private static final IntVector LOW4 = turn(4, false);
  private static final IntVector HIGH4 = turn(4, true);
  private static final IntVector LOW2 = turn(2, false);
  private static final IntVector HIGH2 = turn(2, true);
  private static final IntVector LOW1 = turn(1, false);
  private static final IntVector HIGH1 = turn(1, true);

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Transposition() {}

  private static IntVector turn(int bit, boolean upper) {
    int[] from = new int[LENGTH];
    for (int lane = 0; lane < LENGTH; lane++) {
      boolean other = (lane & bit) != 0;
      from[lane] = (other == upper ? lane : lane ^ bit) + (other ? LENGTH : 0);
    }
    return IntVector.fromArray(SPECIES.vectorShape().withLanes(int.class), from, 0);
  }

  /// Transposes squares: `to[toStart + c * toStep + r]` from element $c$ of row $r$ times `factor`,
  /// for $r$ below [Lanes#LENGTH] and $c$ below `columns` rounded up to whole vectors, which all
  /// rows must have.
  ///
  /// Rows may follow each other without gaps: what is read beyond the columns of one goes to rows
  /// beyond them.
  ///
  /// One method: its parts would be inlined into callers, see [SoftmaxStage].
  ///
  /// @param from where the rows are: native memory
  /// @param start the byte at which the first row starts
  /// @param step bytes from one row to the next
  /// @param block working space of all squares
  static void run(
      MemorySegment from,
      long start,
      long step,
      int columns,
      float factor,
      float[] to,
      int toStart,
      int toStep,
      float[] block) {
    if (!from.isNative()) {
      throw Lanes.notNative();
    }
    long bytes = 4L * Lanes.roundUp(columns, LENGTH);
    // All steps but the last two, into `block`. All squares of four rows go before the next four:
    // a loop that counts evenly has its bounds checked once, and so have rows that are slices.
    if (LENGTH == 16) {
      for (int row = 0; row < 4; row++) {
        long at = start + row * step;
        MemorySegment w0 = from.asSlice(at, bytes);
        MemorySegment x0 = from.asSlice(at + 4 * step, bytes);
        MemorySegment y0 = from.asSlice(at + 8 * step, bytes);
        MemorySegment z0 = from.asSlice(at + 12 * step, bytes);
        int square = row * LENGTH;
        for (int c = 0; c < columns; c += LENGTH) {
          IntVector w =
              FloatVector.fromMemorySegment(SPECIES, w0, 4L * c, ORDER).reinterpretAsInts();
          IntVector x =
              FloatVector.fromMemorySegment(SPECIES, x0, 4L * c, ORDER).reinterpretAsInts();
          IntVector y =
              FloatVector.fromMemorySegment(SPECIES, y0, 4L * c, ORDER).reinterpretAsInts();
          IntVector z =
              FloatVector.fromMemorySegment(SPECIES, z0, 4L * c, ORDER).reinterpretAsInts();
          IntVector wy = LOW8.selectFrom(w, y);
          IntVector yw = HIGH8.selectFrom(w, y);
          IntVector xz = LOW8.selectFrom(x, z);
          IntVector zx = HIGH8.selectFrom(x, z);
          int i = c * LENGTH + square;
          LOW4.selectFrom(wy, xz).reinterpretAsFloats().intoArray(block, i);
          HIGH4.selectFrom(wy, xz).reinterpretAsFloats().intoArray(block, i + 4 * LENGTH);
          LOW4.selectFrom(yw, zx).reinterpretAsFloats().intoArray(block, i + 8 * LENGTH);
          HIGH4.selectFrom(yw, zx).reinterpretAsFloats().intoArray(block, i + 12 * LENGTH);
        }
      }
    } else if (LENGTH == 8) {
      for (int row = 0; row < 4; row++) {
        long at = start + row * step;
        MemorySegment x0 = from.asSlice(at, bytes);
        MemorySegment y0 = from.asSlice(at + 4 * step, bytes);
        int square = row * LENGTH;
        for (int c = 0; c < columns; c += LENGTH) {
          IntVector x =
              FloatVector.fromMemorySegment(SPECIES, x0, 4L * c, ORDER).reinterpretAsInts();
          IntVector y =
              FloatVector.fromMemorySegment(SPECIES, y0, 4L * c, ORDER).reinterpretAsInts();
          int i = c * LENGTH + square;
          LOW4.selectFrom(x, y).reinterpretAsFloats().intoArray(block, i);
          HIGH4.selectFrom(x, y).reinterpretAsFloats().intoArray(block, i + 4 * LENGTH);
        }
      }
    } else {
      for (int row = 0; row < LENGTH; row++) {
        MemorySegment x0 = from.asSlice(start + row * step, bytes);
        int square = row * LENGTH;
        for (int c = 0; c < columns; c += LENGTH) {
          FloatVector.fromMemorySegment(SPECIES, x0, 4L * c, ORDER)
              .intoArray(block, c * LENGTH + square);
        }
      }
    }
    // The last two, from it.
    FloatVector by = FloatVector.broadcast(SPECIES, factor);
    int end = Lanes.roundUp(columns, LENGTH) * LENGTH;
    int first = toStart;
    for (int at = 0; at < end; at += 4 * LENGTH) {
      IntVector w = FloatVector.fromArray(SPECIES, block, at).reinterpretAsInts();
      IntVector x = FloatVector.fromArray(SPECIES, block, at + LENGTH).reinterpretAsInts();
      IntVector y = FloatVector.fromArray(SPECIES, block, at + 2 * LENGTH).reinterpretAsInts();
      IntVector z = FloatVector.fromArray(SPECIES, block, at + 3 * LENGTH).reinterpretAsInts();
      IntVector wy = LOW2.selectFrom(w, y);
      IntVector yw = HIGH2.selectFrom(w, y);
      IntVector xz = LOW2.selectFrom(x, z);
      IntVector zx = HIGH2.selectFrom(x, z);
      LOW1.selectFrom(wy, xz).reinterpretAsFloats().mul(by).intoArray(to, first);
      HIGH1.selectFrom(wy, xz).reinterpretAsFloats().mul(by).intoArray(to, first + toStep);
      LOW1.selectFrom(yw, zx).reinterpretAsFloats().mul(by).intoArray(to, first + 2 * toStep);
      HIGH1.selectFrom(yw, zx).reinterpretAsFloats().mul(by).intoArray(to, first + 3 * toStep);
      first += 4 * toStep;
    }
  }
}
