package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScalingExponentTests {
  @Test
  void powersAreFoundWhateverTheFactor() {
    List<Long> lengths = List.of(256L, 512L, 1024L, 4096L);
    for (double power : List.of(0.0, 1.0, 1.5, 2.0, 3.0)) {
      List<Double> times = lengths.stream().map(n -> 3e-7 * Math.pow(n, power)).toList();
      assertEquals(power, ScalingExponent.fit(lengths, times), 1e-12);
    }
  }

  @Test
  void leastSquaresByHand() {
    // log2: x = 0, 1, 2; y = 0, 2, 1; slope (-1 * -1 + 0 * 1 + 1 * 0) / 2.
    assertEquals(0.5, ScalingExponent.fit(List.of(1L, 2L, 4L), List.of(1.0, 4.0, 2.0)), 1e-12);
  }

  @Test
  void oneLengthHasNoSlope() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ScalingExponent.fit(List.of(8L, 8L), List.of(1.0, 2.0)));
    assertThrows(
        IllegalArgumentException.class, () -> ScalingExponent.fit(List.of(8L, 9L), List.of(1.0)));
  }
}
