package io.github.attention4j.api;

import java.util.Arrays;

/// The sizes of an array along its axes, outermost first; immutable.
///
/// Sizes may be 0. The number of elements always fits a `long`: a product that overflows is
/// refused.
public final class Shape {
  private final long[] sizes;
  private final long elements;

  private Shape(long[] sizes) {
    long product = 1;
    boolean empty = false;
    for (long size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException(
            "shape: expected sizes >= 0, got " + Arrays.toString(sizes));
      }
      empty |= size == 0;
    }
    if (!empty) {
      for (long size : sizes) {
        try {
          product = Math.multiplyExact(product, size);
        } catch (ArithmeticException overflow) {
          throw new IllegalArgumentException(
              "shape: the number of elements of " + Arrays.toString(sizes) + " overflows",
              overflow);
        }
      }
    }
    this.sizes = sizes;
    this.elements = empty ? 0 : product;
  }

  /// The shape with these sizes; no sizes make the shape of a scalar.
  public static Shape of(long... sizes) {
    return new Shape(sizes.clone());
  }

  /// The number of axes.
  public int rank() {
    return sizes.length;
  }

  /// The size along `axis`; negative axes count from the last.
  public long size(int axis) {
    return sizes[axis < 0 ? sizes.length + axis : axis];
  }

  /// The size along `axis` as an `int`.
  ///
  /// @throws ArithmeticException if it does not fit
  public int intSize(int axis) {
    return Math.toIntExact(size(axis));
  }

  /// The number of elements: the product of all sizes.
  public long elements() {
    return elements;
  }

  /// The sizes as a new array.
  public long[] toArray() {
    return sizes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /// The sizes in brackets, as in `[2, 8, 128, 64]`.
  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
