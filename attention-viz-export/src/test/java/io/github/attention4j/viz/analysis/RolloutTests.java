package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.attention4j.api.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutTests {
  /** Half of everything goes to the other position: A' = [[3/4, 1/4], [1/4, 3/4]]. */
  private static final Tensor EVEN = Tensor.of(new float[] {.5f, .5f, .5f, .5f}, 1, 2, 2);

  @Test
  void rollsLayersOut() {
    double[][] augmented = Rollout.augment(EVEN);
    assertArrayEquals(new double[] {0.75, 0.25}, augmented[0], 1e-12);
    List<double[][]> rollouts = Rollout.of(List.of(augmented, augmented));
    assertArrayEquals(new double[] {0.625, 0.375}, rollouts.getLast()[0], 1e-12);
    assertArrayEquals(new double[] {0.375, 0.625}, rollouts.getLast()[1], 1e-12);
  }

  @Test
  void takesTheMeanHead() {
    Tensor heads = Tensor.of(new float[] {1, 0, 0, 1, 0, 1, 1, 0}, 2, 2, 2);
    assertArrayEquals(new double[] {0.75, 0.25}, Rollout.augment(heads)[0], 1e-12);
  }

  @Test
  void flowIsTheLargestThatFits() {
    double[][] layer = {{0.75, 0.25}, {0.25, 0.75}};
    // From the top left to the bottom left: 0.75 straight, and 0.25 by way of the other position.
    List<double[][]> flows = AttentionFlow.of(List.of(layer, layer));
    assertEquals(1.0, flows.getLast()[0][0], 1e-12);
    // To the bottom right: 0.25 each way.
    assertEquals(0.5, flows.getLast()[0][1], 1e-12);
    assertArrayEquals(
        new double[] {2.0 / 3, 1.0 / 3}, AttentionFlow.normalised(flows.getLast())[0], 1e-12);
    assertArrayEquals(flows.getLast()[1], AttentionFlow.ofLast(List.of(layer, layer))[1], 0);
  }

  @Test
  void needsSquareMaps() {
    assertThrows(IllegalArgumentException.class, () -> Rollout.augment(Tensor.allocate(1, 2, 3)));
  }
}
