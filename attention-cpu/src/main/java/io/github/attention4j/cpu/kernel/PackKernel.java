package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Copies rows into wider ones of whole vectors.
final class PackKernel {
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PackKernel() {}

  /// Copies `count` rows of `size` elements, zeros behind each.
  ///
  /// Four vectors at a time, so that this method is longer than what the compiler inlines: see
  /// [SoftmaxStage]. A call that copies memory takes as long as a short row.
  ///
  /// @param at the byte at which the first row starts
  /// @param step bytes from one row to the next
  /// @param to the byte at which the first row starts that is written, whole vectors each
  static void rows(
      MemorySegment from,
      long at,
      long step,
      int count,
      int size,
      MemorySegment into,
      long to,
      long width) {
    if (!from.isNative()) {
      throw Lanes.notNative();
    }
    if (!into.isNative()) {
      throw Lanes.notNative();
    }
    long vector = 4L * LENGTH;
    long whole = 4L * (size - size % LENGTH);
    VectorMask<Float> there = SPECIES.indexInRange(0, size % LENGTH);
    for (int row = 0; row < count; row++) {
      long read = at + row * step;
      long write = to + row * width;
      long end = read + whole;
      for (; read + 4 * vector <= end; read += 4 * vector, write += 4 * vector) {
        FloatVector a = FloatVector.fromMemorySegment(SPECIES, from, read, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(SPECIES, from, read + vector, ORDER);
        FloatVector c = FloatVector.fromMemorySegment(SPECIES, from, read + 2 * vector, ORDER);
        FloatVector d = FloatVector.fromMemorySegment(SPECIES, from, read + 3 * vector, ORDER);
        a.intoMemorySegment(into, write, ORDER);
        b.intoMemorySegment(into, write + vector, ORDER);
        c.intoMemorySegment(into, write + 2 * vector, ORDER);
        d.intoMemorySegment(into, write + 3 * vector, ORDER);
      }
      for (; read < end; read += vector, write += vector) {
        FloatVector.fromMemorySegment(SPECIES, from, read, ORDER)
            .intoMemorySegment(into, write, ORDER);
      }
      if (there.anyTrue()) {
        FloatVector.fromMemorySegment(SPECIES, from, read, ORDER, there)
            .intoMemorySegment(into, write, ORDER);
      }
    }
  }
}
