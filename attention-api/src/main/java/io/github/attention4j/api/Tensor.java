package io.github.attention4j.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// An array of float32: queries, keys, values, weights, outputs.
///
/// Equality compares shape and contents bit by bit. See [NdArray] for memory and threads.
public final class Tensor implements NdArray {
  private static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT;

  private final Shape shape;
  private final MemorySegment segment;

  private Tensor(Shape shape, MemorySegment segment) {
    this.shape = shape;
    this.segment = segment;
  }

  /// A new array of zeros.
  public static Tensor allocate(Shape shape) {
    return new Tensor(shape, NativeArrays.allocate(shape, ElementType.FLOAT32));
  }

  /// A new array of zeros with these sizes.
  public static Tensor allocate(long... sizes) {
    return allocate(Shape.of(sizes));
  }

  /// A new array with a copy of `values` in row-major order.
  ///
  /// @throws IllegalArgumentException if the number of values is not the product of the sizes
  public static Tensor of(float[] values, long... sizes) {
    Shape shape = Shape.of(sizes);
    NativeArrays.checkCount(values.length, shape);
    Tensor array = allocate(shape);
    MemorySegment.copy(values, 0, array.segment, LAYOUT, 0, values.length);
    return array;
  }

  /// An array over existing memory, not copied.
  ///
  /// @throws IllegalArgumentException if the segment is not native, not aligned, or not of the
  ///   exact size
  public static Tensor wrap(MemorySegment segment, Shape shape) {
    return new Tensor(shape, NativeArrays.check(segment, shape, ElementType.FLOAT32));
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public ElementType type() {
    return ElementType.FLOAT32;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  /// The element at this position, one index per axis.
  public float get(long... position) {
    return at(NativeArrays.index(shape, position));
  }

  /// The element at this index of the row-major order.
  public float at(long index) {
    return segment.getAtIndex(LAYOUT, index);
  }

  /// Sets the element at this index of the row-major order.
  public void set(long index, float value) {
    segment.setAtIndex(LAYOUT, index, value);
  }

  /// All elements in row-major order, copied.
  public float[] toArray() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    MemorySegment.copy(segment, LAYOUT, 0, values, 0, values.length);
    return values;
  }

  /// The same memory under other sizes with the same number of elements.
  public Tensor reshape(long... sizes) {
    return new Tensor(NativeArrays.reshape(shape, sizes), segment);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor array
        && shape.equals(array.shape)
        && segment.mismatch(array.segment) < 0;
  }

  @Override
  public int hashCode() {
    int hash = shape.hashCode();
    for (long i = 0, n = Math.min(shape.elements(), 16); i < n; i++) {
      hash = 31 * hash + Float.hashCode(at(i));
    }
    return hash;
  }

  /// Type and shape; contents are left out.
  @Override
  public String toString() {
    return describe();
  }
}
