package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;

/// A dense row-major array of float64.
final class DoubleArray {
  private final Shape shape;
  private final double[] values;

  private DoubleArray(Shape shape, double[] values) {
    this.shape = shape;
    this.values = values;
  }

  static DoubleArray zeros(long... sizes) {
    Shape shape = Shape.of(sizes);
    return new DoubleArray(shape, new double[Math.toIntExact(shape.elements())]);
  }

  static DoubleArray of(Tensor tensor) {
    DoubleArray array = zeros(tensor.shape().toArray());
    for (int i = 0; i < array.values.length; i++) {
      array.values[i] = tensor.at(i);
    }
    return array;
  }

  Shape shape() {
    return shape;
  }

  int size(int axis) {
    return shape.intSize(axis);
  }

  double[] values() {
    return values;
  }

  /// Refuses another shape; −1 stands for any size.
  void expect(String axes, long... sizes) {
    boolean fits = shape.rank() == sizes.length;
    for (int axis = 0; fits && axis < sizes.length; axis++) {
      fits = sizes[axis] < 0 || sizes[axis] == shape.size(axis);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "input: expected "
              + axes
              + " = "
              + java.util.Arrays.toString(sizes).replace("-1", "any")
              + ", got "
              + shape);
    }
  }

  /// The index of the first element under these leading indices.
  int index(int... leading) {
    int index = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      int at = axis < leading.length ? leading[axis] : 0;
      index = index * size(axis) + at;
    }
    return index;
  }

  /// A copy of the last axis at these leading indices.
  double[] row(int... leading) {
    int from = index(leading);
    return java.util.Arrays.copyOfRange(values, from, from + size(-1));
  }

  /// A copy of the last two axes at these leading indices, row by row.
  double[][] rows(int... leading) {
    int from = index(leading);
    double[][] rows = new double[size(-2)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          java.util.Arrays.copyOfRange(values, from + i * size(-1), from + (i + 1) * size(-1));
    }
    return rows;
  }

  void setRow(double[] row, int... leading) {
    System.arraycopy(row, 0, values, index(leading), row.length);
  }

  double get(int... position) {
    return values[index(position)];
  }

  void set(double value, int... position) {
    values[index(position)] = value;
  }

  DoubleArray reshape(long... sizes) {
    return new DoubleArray(Shape.of(sizes), values);
  }

  void copyTo(Tensor tensor) {
    for (int i = 0; i < values.length; i++) {
      tensor.set(i, (float) values[i]);
    }
  }

  Tensor toTensor() {
    Tensor tensor = Tensor.allocate(shape);
    copyTo(tensor);
    return tensor;
  }
}
