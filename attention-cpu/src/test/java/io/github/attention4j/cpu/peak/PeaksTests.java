package io.github.attention4j.cpu.peak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class PeaksTests {
  @Test
  void everyThreadTakesPartInEveryRound() {
    LongAdder runs = new LongAdder();
    double rate =
        Best.rate(
            3,
            () -> 1,
            thread -> {
              runs.add(1L << (16 * thread));
              return thread;
            });
    long each = runs.sum() & 0xffff;
    assertTrue(each > 0);
    assertEquals(each * 0x1_0001_0001L, runs.sum());
    assertTrue(rate > 0 && Double.isFinite(rate));
  }

  @Test
  void aFailureOfOneThreadEndsAll() {
    assertThrows(
        IllegalStateException.class,
        () ->
            Best.rate(
                2,
                () -> 1,
                thread -> {
                  if (thread == 1) {
                    throw new IllegalStateException("expected by the test");
                  }
                  return 0;
                }));
  }

  @Test
  void allReadsAreCounted() {
    try (SequentialReads reads = new SequentialReads(64)) {
      // Every byte is 1: four of them are one float, each counted once.
      float element = Float.intBitsToFloat(0x0101_0101);
      double expected = element * reads.bytes() / Float.BYTES;
      assertFalse(expected == 0);
      assertEquals(expected, reads.run(63), 1e-3 * expected);
    }
  }
}
