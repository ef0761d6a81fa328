package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The stage *write*: rows of output, divided by their sums of weights, on their way to memory.
final class OutputKernel {
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private OutputKernel() {}

  /// Writes `factors[lane + i] * o[from + i * stride ..]` for `count` rows of `size` elements.
  ///
  /// Four vectors at a time, so that this method is longer than what the compiler inlines: see
  /// [SoftmaxStage].
  ///
  /// @param to the byte at which the first row starts
  /// @param step bytes from one row to the next
  static void write(
      float[] o,
      int from,
      int stride,
      int count,
      int size,
      float[] factors,
      int lane,
      MemorySegment output,
      long to,
      long step) {
    if (!output.isNative()) {
      throw Lanes.notNative();
    }
    VectorMask<Float> there = SPECIES.indexInRange(0, size % LENGTH);
    for (int row = 0; row < count; row++) {
      FloatVector factor = FloatVector.broadcast(SPECIES, factors[lane + row]);
      int at = from + row * stride;
      int end = at + size;
      long next = to + row * step;
      for (; at + 4 * LENGTH <= end; at += 4 * LENGTH, next += 16L * LENGTH) {
        FloatVector a = FloatVector.fromArray(SPECIES, o, at).mul(factor);
        FloatVector b = FloatVector.fromArray(SPECIES, o, at + LENGTH).mul(factor);
        FloatVector c = FloatVector.fromArray(SPECIES, o, at + 2 * LENGTH).mul(factor);
        FloatVector d = FloatVector.fromArray(SPECIES, o, at + 3 * LENGTH).mul(factor);
        a.intoMemorySegment(output, next, ORDER);
        b.intoMemorySegment(output, next + 4L * LENGTH, ORDER);
        c.intoMemorySegment(output, next + 8L * LENGTH, ORDER);
        d.intoMemorySegment(output, next + 12L * LENGTH, ORDER);
      }
      for (; at + LENGTH <= end; at += LENGTH, next += 4L * LENGTH) {
        FloatVector.fromArray(SPECIES, o, at).mul(factor).intoMemorySegment(output, next, ORDER);
      }
      if (at < end) {
        FloatVector.fromArray(SPECIES, o, at)
            .mul(factor)
            .intoMemorySegment(output, next, ORDER, there);
      }
    }
  }
}
