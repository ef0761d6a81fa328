package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.Tensor;
import org.junit.jupiter.api.Test;

class ExactSoftmaxTests {
  private static Tensor filled(float even, float odd) {
    Tensor array = Tensor.allocate(1, Sequence.HEADS, 2, Sequence.SIZE);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, i / Sequence.SIZE % 2 == 0 ? even : odd);
    }
    return array;
  }

  @Test
  void twoKeysByHand() {
    // Scores 64 * 1 * k / 8 = 8 k: with k = ln(3) / 8 and 0 the weights are 3/4 and 1/4.
    float third = (float) (Math.log(3) / 8);
    Sequence sequence = new Sequence(2, filled(1, 1), filled(third, 0), filled(4, 8));
    double[] expected = new double[Sequence.SIZE];
    java.util.Arrays.fill(expected, 5);
    assertArrayEquals(expected, ExactSoftmax.row(sequence, 1, 1, 2), 1e-6);
    // The first query of a causal attention sees the first key only.
    java.util.Arrays.fill(expected, 4);
    assertArrayEquals(expected, ExactSoftmax.row(sequence, 0, 0, 1), 1e-12);
  }

  @Test
  void errorIsRelativeToTheExactOutput() {
    Sequence sequence = new Sequence(2, filled(1, 1), filled(0, 0), filled(4, 8));
    assertEquals(0, ExactSoftmax.error(sequence, filled(6, 6), false), 1e-12);
    assertEquals(0.5, ExactSoftmax.error(sequence, filled(9, 9), false), 1e-12);
    assertEquals(0, ExactSoftmax.error(sequence, filled(4, 6), true), 1e-12);
  }
}
