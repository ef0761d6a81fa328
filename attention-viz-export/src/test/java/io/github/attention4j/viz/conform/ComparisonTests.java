package io.github.attention4j.viz.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ComparisonTests {
  private static final Expected WANT = new Expected(Shape.of(2), new double[] {100, 0}, false);

  @Test
  void toleranceIsAbsolutePlusRelative() {
    assertTrue(compare(100.1f, 0.0009f).passed());
    assertFalse(compare(100.2f, 0).passed());
    assertFalse(compare(100, 0.002f).passed());
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNotFiniteFails(float value) {
    Comparison comparison = compare(value, 0);
    assertFalse(comparison.passed());
    assertTrue(comparison.text().contains("NaN or infinite"), comparison.text());
  }

  @Test
  void shapesMustBeEqual() {
    assertFalse(Comparison.of(Tensor.allocate(1, 2), WANT, 1e9).passed());
  }

  @Test
  void integersMustBeEqual() {
    Expected want = new Expected(Shape.of(2), new double[] {3, 4}, true);
    assertTrue(Comparison.of(LongTensor.of(new long[] {3, 4}, 2), want, 9).passed());
    assertFalse(Comparison.of(LongTensor.of(new long[] {3, 5}, 2), want, 9).passed());
  }

  @Test
  void theLargestErrorIsReported() {
    assertEquals(0.5, compare(100.5f, 0.25f).error(), 1e-6);
  }

  private static Comparison compare(float first, float second) {
    return Comparison.of(Tensor.of(new float[] {first, second}, 2), WANT, 1e-3);
  }
}
