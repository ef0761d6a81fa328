package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CostTests {
  private static final Inputs INPUTS =
      Inputs.of(
          Tensor.allocate(1, 2, 10, 8), Tensor.allocate(1, 2, 10, 8), Tensor.allocate(1, 2, 10, 6));

  @Test
  void pairsCostTheirSizesTwice() {
    Cost cost =
        Cost.of(Pairwise.of(Score.scaledDot()).within(Scope.causal()), INPUTS).orElseThrow();
    assertEquals(2 * 2 * 55 * (8 + 6), cost.operations());
    assertEquals(4 * 2 * 10 * (8 + 6), cost.bytes());
  }

  @Test
  void linearizedCostsItsFeatures() {
    Cost elu =
        Cost.of(new Mechanism.Linearized(new FeatureMap.EluPlusOne(), Scope.full()), INPUTS)
            .orElseThrow();
    assertEquals(2 * 20 * (2 * 8 * 7), elu.operations());
    FeatureMap favor = new FeatureMap.FavorPlus(Tensor.allocate(5, 8), true);
    Cost performer = Cost.of(new Mechanism.Linearized(favor, Scope.full()), INPUTS).orElseThrow();
    assertEquals(2 * 20 * (2 * 5 * 8 + 2 * 10 * 7), performer.operations());
  }

  @Test
  void otherMechanismsHaveNoCount() {
    assertTrue(Cost.of(new Mechanism.Landmark(2, 0, OptionalDouble.empty()), INPUTS).isEmpty());
  }
}
