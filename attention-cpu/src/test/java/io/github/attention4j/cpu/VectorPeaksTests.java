package io.github.attention4j.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VectorPeaksTests {
  @Test
  void refusesNoThreads() {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class, () -> new VectorPeaks().operationsPerSecond(0));
    assertEquals("threads: expected >= 1, got 0", thrown.getMessage());
  }

  @Test
  void describesTheVectors() {
    assertTrue(new VectorPeaks().unsupported().isEmpty());
    assertTrue(new VectorPeaks().describe().matches("\\d+-bit fused multiply-add"));
  }
}
