package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;

/// What a layer computes: float64, int64 or bool.
sealed interface Value {
  record Numbers(DoubleArray array) implements Value {}

  record Indices(LongTensor array) implements Value {}

  record Marks(BooleanTensor array) implements Value {}

  static Value of(NdArray array) {
    return switch (array) {
      case Tensor tensor -> new Numbers(DoubleArray.of(tensor));
      case LongTensor longs -> new Indices(longs);
      case BooleanTensor booleans -> new Marks(booleans);
    };
  }

  default Shape shape() {
    return switch (this) {
      case Numbers(DoubleArray array) -> array.shape();
      case Indices(LongTensor array) -> array.shape();
      case Marks(BooleanTensor array) -> array.shape();
    };
  }

  /// Rounded to float32 where it is a number.
  default NdArray toArray() {
    return switch (this) {
      case Numbers(DoubleArray array) -> array.toTensor();
      case Indices(LongTensor array) -> array;
      case Marks(BooleanTensor array) -> array;
    };
  }

  default DoubleArray numbers() {
    if (this instanceof Numbers(DoubleArray array)) {
      return array;
    }
    throw new IllegalArgumentException("expected float32, got " + toArray().describe());
  }

  default LongTensor indices() {
    if (this instanceof Indices(LongTensor array)) {
      return array;
    }
    throw new IllegalArgumentException("expected int64, got " + toArray().describe());
  }

  default BooleanTensor marks() {
    if (this instanceof Marks(BooleanTensor array)) {
      return array;
    }
    throw new IllegalArgumentException("expected bool, got " + toArray().describe());
  }
}
