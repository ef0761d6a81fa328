package io.github.attention4j.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// An array of int64: token ids, lengths, positions, indices.
///
/// Equality compares shape and contents. See [NdArray] for memory and threads.
public final class LongTensor implements NdArray {
  private static final ValueLayout.OfLong LAYOUT = ValueLayout.JAVA_LONG;

  private final Shape shape;
  private final MemorySegment segment;

  private LongTensor(Shape shape, MemorySegment segment) {
    this.shape = shape;
    this.segment = segment;
  }

  /// A new array of zeros.
  public static LongTensor allocate(Shape shape) {
    return new LongTensor(shape, NativeArrays.allocate(shape, ElementType.INT64));
  }

  /// A new array of zeros with these sizes.
  public static LongTensor allocate(long... sizes) {
    return allocate(Shape.of(sizes));
  }

  /// A new array with a copy of `values` in row-major order.
  ///
  /// @throws IllegalArgumentException if the number of values is not the product of the sizes
  public static LongTensor of(long[] values, long... sizes) {
    Shape shape = Shape.of(sizes);
    NativeArrays.checkCount(values.length, shape);
    LongTensor array = allocate(shape);
    MemorySegment.copy(values, 0, array.segment, LAYOUT, 0, values.length);
    return array;
  }

  /// An array over existing memory, not copied.
  ///
  /// @throws IllegalArgumentException if the segment is not native, not aligned, or not of the
  ///   exact size
  public static LongTensor wrap(MemorySegment segment, Shape shape) {
    return new LongTensor(shape, NativeArrays.check(segment, shape, ElementType.INT64));
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public ElementType type() {
    return ElementType.INT64;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  /// The element at this position, one index per axis.
  public long get(long... position) {
    return at(NativeArrays.index(shape, position));
  }

  /// The element at this index of the row-major order.
  public long at(long index) {
    return segment.getAtIndex(LAYOUT, index);
  }

  /// Sets the element at this index of the row-major order.
  public void set(long index, long value) {
    segment.setAtIndex(LAYOUT, index, value);
  }

  /// All elements in row-major order, copied.
  public long[] toArray() {
    long[] values = new long[Math.toIntExact(shape.elements())];
    MemorySegment.copy(segment, LAYOUT, 0, values, 0, values.length);
    return values;
  }

  /// The same memory under other sizes with the same number of elements.
  public LongTensor reshape(long... sizes) {
    return new LongTensor(NativeArrays.reshape(shape, sizes), segment);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LongTensor array
        && shape.equals(array.shape)
        && segment.mismatch(array.segment) < 0;
  }

  @Override
  public int hashCode() {
    int hash = shape.hashCode();
    for (long i = 0, n = Math.min(shape.elements(), 16); i < n; i++) {
      hash = 31 * hash + Long.hashCode(at(i));
    }
    return hash;
  }

  /// Type and shape; contents are left out.
  @Override
  public String toString() {
    return describe();
  }
}
