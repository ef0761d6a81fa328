package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import java.util.Random;

/// Random arrays from seeds, and comparison of results.
final class Numbers {
  private Numbers() {}

  /// Standard normal numbers.
  static Tensor normal(long seed, long... sizes) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  /// Numbers between 0 and 1.
  static Tensor uniform(long seed, long... sizes) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, random.nextFloat());
    }
    return tensor;
  }

  /// Whole numbers from 0 to before `bound`.
  static LongTensor ids(long seed, int bound, long... sizes) {
    Random random = new Random(seed);
    LongTensor tensor = LongTensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, random.nextInt(bound));
    }
    return tensor;
  }

  /// True with this probability.
  static BooleanTensor coins(long seed, double probability, long... sizes) {
    Random random = new Random(seed);
    BooleanTensor tensor = BooleanTensor.allocate(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, random.nextDouble() < probability);
    }
    return tensor;
  }

  /// The same names, shapes and whole numbers; real numbers within a tolerance.
  static void assertClose(String what, Result expected, Result actual, double tolerance) {
    assertEquals(expected.arrays().keySet(), actual.arrays().keySet(), what);
    expected
        .arrays()
        .forEach(
            (name, array) -> assertClose(what + ": " + name, array, actual.get(name), tolerance));
  }

  private static void assertClose(String what, NdArray expected, NdArray actual, double tolerance) {
    assertEquals(expected.shape(), actual.shape(), what);
    if (!(expected instanceof Tensor want) || !(actual instanceof Tensor got)) {
      assertEquals(expected, actual, what);
      return;
    }
    for (long i = 0; i < want.shape().elements(); i++) {
      double allowed = tolerance * Math.max(1, Math.abs(want.at(i)));
      boolean close =
          Float.compare(want.at(i), got.at(i)) == 0
              || Math.abs((double) want.at(i) - got.at(i)) <= allowed;
      assertTrue(close, what + " at " + i + ": expected " + want.at(i) + ", got " + got.at(i));
    }
  }
}
