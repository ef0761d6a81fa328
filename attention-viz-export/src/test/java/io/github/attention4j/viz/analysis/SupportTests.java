package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;

class SupportTests {
  private static Support of(int heads, int length, IntBinaryOperator weight) {
    Tensor weights = Tensor.allocate(heads, length, length);
    for (int i = 0; i < weights.shape().elements(); i++) {
      weights.set(i, weight.applyAsInt(i / length % length, i % length));
    }
    return Support.of(weights);
  }

  @Test
  void seesCausalMasks() {
    Support support = of(2, 6, (query, key) -> key <= query ? 1 : 0);
    assertEquals(3, support.allowed(2));
    assertTrue(support.allows(2, 2));
    assertFalse(support.allows(2, 3));
  }

  @Test
  void seesWindowsAndPadding() {
    Support window = of(1, 9, (query, key) -> Math.abs(key - query) <= 1 ? 1 : 0);
    assertEquals(2, window.allowed(0));
    assertEquals(3, window.allowed(4));
    Support padded = of(1, 9, (query, key) -> key < 4 ? 1 : 0);
    assertEquals(4, padded.allowed(8));
    assertFalse(padded.allows(0, 4));
  }

  @Test
  void oneOffsetIsAHeadNotAMask() {
    Support support = of(1, 6, (query, key) -> key == Math.max(0, query - 1) ? 1 : 0);
    assertTrue(support.allows(4, 1));
    assertFalse(support.allows(1, 4));
  }

  @Test
  void emptyRowsLookAtNothing() {
    assertEquals(0, of(1, 3, (query, key) -> query == 1 ? 0 : 1).allowed(1));
    assertEquals(0, of(1, 3, (query, key) -> 0).allowed(0));
  }
}
