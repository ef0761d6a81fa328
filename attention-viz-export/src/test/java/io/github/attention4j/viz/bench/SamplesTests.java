package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class SamplesTests {
  @Test
  void medianOfOddAndEvenCounts() {
    assertEquals(3, new Samples(List.of(9.0, 1.0, 3.0)).median());
    assertEquals(2.5, new Samples(List.of(4.0, 1.0, 3.0, 2.0)).median());
    assertEquals(7, new Samples(List.of(7.0)).median());
  }

  @Test
  void spreadIsTheRangeOverTheMedian() {
    Samples samples = new Samples(List.of(2.0, 5.0, 4.0));
    assertEquals(2, samples.min());
    assertEquals(5, samples.max());
    assertEquals(0.75, samples.spread());
  }

  @Test
  void ratiosPairTheRounds() {
    Samples own = new Samples(List.of(1.0, 2.0, 4.0));
    assertEquals(List.of(3.0, 1.0, 0.5), own.ratios(new Samples(List.of(3.0, 2.0, 2.0))));
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> own.ratios(new Samples(List.of(1.0))));
    assertEquals("others: expected 3 rounds, got 1", thrown.getMessage());
  }

  @Test
  void geometricMean() {
    assertEquals(2, Samples.geometricMean(List.of(1.0, 4.0)), 1e-15);
    assertEquals(1, Samples.geometricMean(List.of(0.5, 2.0)), 1e-15);
  }

  @Test
  void refusesWhatIsNoTime() {
    assertThrows(IllegalArgumentException.class, () -> new Samples(List.of()));
    assertThrows(IllegalArgumentException.class, () -> new Samples(List.of(1.0, 0.0)));
    assertThrows(IllegalArgumentException.class, () -> new Samples(List.of(Double.NaN)));
  }
}
