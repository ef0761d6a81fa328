package io.github.attention4j.api;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What the three array classes share: allocation and the checks on a segment. */
final class NativeArrays {
  /** A cache line, and the widest vector register. */
  private static final long ALIGNMENT = 64;

  private NativeArrays() {}

  static MemorySegment allocate(Shape shape, ElementType type) {
    long bytes = bytes(shape, type);
    CollectionPressure.OF_PROCESS.add(bytes);
    return Arena.ofAuto().allocate(bytes, ALIGNMENT);
  }

  static long bytes(Shape shape, ElementType type) {
    try {
      return Math.multiplyExact(shape.elements(), type.bytes());
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          "shape: the size in bytes of " + type + " " + shape + " overflows", overflow);
    }
  }

  static MemorySegment check(MemorySegment segment, Shape shape, ElementType type) {
    long expected = bytes(shape, type);
    if (!segment.isNative()) {
      throw new IllegalArgumentException("segment: expected native memory, got a heap segment");
    }
    if (segment.byteSize() != expected) {
      throw new IllegalArgumentException(
          "segment: expected "
              + expected
              + " bytes for "
              + type
              + " "
              + shape
              + ", got "
              + segment.byteSize());
    }
    if (segment.address() % type.bytes() != 0) {
      throw new IllegalArgumentException(
          "segment: expected an address aligned to "
              + type.bytes()
              + " bytes, got 0x"
              + Long.toHexString(segment.address()));
    }
    return segment;
  }

  static void checkCount(long count, Shape shape) {
    if (count != shape.elements()) {
      throw new IllegalArgumentException(
          "values: expected " + shape.elements() + " for shape " + shape + ", got " + count);
    }
  }

  static long index(Shape shape, long[] position) {
    if (position.length != shape.rank()) {
      throw new IllegalArgumentException(
          "position: expected "
              + shape.rank()
              + " indices for "
              + shape
              + ", got "
              + position.length);
    }
    long index = 0;
    for (int axis = 0; axis < position.length; axis++) {
      index =
          index * shape.size(axis) + java.util.Objects.checkIndex(position[axis], shape.size(axis));
    }
    return index;
  }

  static Shape reshape(Shape from, long[] sizes) {
    Shape to = Shape.of(sizes);
    if (to.elements() != from.elements()) {
      throw new IllegalArgumentException(
          "shape: expected " + from.elements() + " elements as in " + from + ", got " + to);
    }
    return to;
  }
}
