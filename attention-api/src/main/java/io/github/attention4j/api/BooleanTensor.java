package io.github.attention4j.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// An array of booleans, one byte each (0 or 1): masks. `true` means: may attend.
///
/// Equality compares shape and contents. See [NdArray] for memory and threads.
public final class BooleanTensor implements NdArray {
  private static final ValueLayout.OfByte LAYOUT = ValueLayout.JAVA_BYTE;

  private final Shape shape;
  private final MemorySegment segment;

  private BooleanTensor(Shape shape, MemorySegment segment) {
    this.shape = shape;
    this.segment = segment;
  }

  /// A new array of zeros.
  public static BooleanTensor allocate(Shape shape) {
    return new BooleanTensor(shape, NativeArrays.allocate(shape, ElementType.BOOL));
  }

  /// A new array of zeros with these sizes.
  public static BooleanTensor allocate(long... sizes) {
    return allocate(Shape.of(sizes));
  }

  /// A new array with a copy of `values` in row-major order.
  ///
  /// @throws IllegalArgumentException if the number of values is not the product of the sizes
  public static BooleanTensor of(boolean[] values, long... sizes) {
    Shape shape = Shape.of(sizes);
    NativeArrays.checkCount(values.length, shape);
    BooleanTensor array = allocate(shape);
    for (int i = 0; i < values.length; i++) {
      array.set(i, values[i]);
    }
    return array;
  }

  /// An array over existing memory, not copied.
  ///
  /// @throws IllegalArgumentException if the segment is not native, not aligned, or not of the
  ///   exact size
  public static BooleanTensor wrap(MemorySegment segment, Shape shape) {
    return new BooleanTensor(shape, NativeArrays.check(segment, shape, ElementType.BOOL));
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public ElementType type() {
    return ElementType.BOOL;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  /// The element at this position, one index per axis.
  public boolean get(long... position) {
    return at(NativeArrays.index(shape, position));
  }

  /// The element at this index of the row-major order.
  public boolean at(long index) {
    return segment.get(LAYOUT, index) != 0;
  }

  /// Sets the element at this index of the row-major order.
  public void set(long index, boolean value) {
    segment.set(LAYOUT, index, (byte) (value ? 1 : 0));
  }

  /// All elements in row-major order, copied.
  public boolean[] toArray() {
    boolean[] values = new boolean[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = at(i);
    }
    return values;
  }

  /// The same memory under other sizes with the same number of elements.
  public BooleanTensor reshape(long... sizes) {
    return new BooleanTensor(NativeArrays.reshape(shape, sizes), segment);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BooleanTensor array
        && shape.equals(array.shape)
        && segment.mismatch(array.segment) < 0;
  }

  @Override
  public int hashCode() {
    int hash = shape.hashCode();
    for (long i = 0, n = Math.min(shape.elements(), 16); i < n; i++) {
      hash = 31 * hash + Boolean.hashCode(at(i));
    }
    return hash;
  }

  /// Type and shape; contents are left out.
  @Override
  public String toString() {
    return describe();
  }
}
