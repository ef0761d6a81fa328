package io.github.attention4j.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class CollectionPressureTests {
  @Test
  void asksOnceEachTimeTheBudgetIsPassed() {
    AtomicInteger asked = new AtomicInteger();
    CollectionPressure pressure = new CollectionPressure(100, asked::incrementAndGet);
    int[] expected = {0, 0, 1, 1, 1, 2};
    for (int i = 0; i < expected.length; i++) {
      pressure.add(40);
      assertEquals(expected[i], asked.get(), "after " + (i + 1));
    }
  }

  @Test
  void aCollectionThatHappenedAnywayCounts() {
    assumeTrue(collects(), "System.gc() does nothing here");
    AtomicInteger asked = new AtomicInteger();
    CollectionPressure pressure = new CollectionPressure(100, asked::incrementAndGet);
    pressure.add(90);
    System.gc();
    pressure.add(90);
    assertEquals(0, asked.get());
    pressure.add(90);
    assertEquals(1, asked.get());
  }

  private static boolean collects() {
    var gone = new java.lang.ref.WeakReference<>(new Object());
    System.gc();
    return gone.refersTo(null);
  }

  /** Three budgets of dropped arrays, all touched: allocation writes zeros. */
  @Test
  void droppedArraysDoNotPileUp() throws IOException {
    Path status = Path.of("/proc/self/status");
    assumeTrue(Files.exists(status) && collects(), "no /proc to read memory from");
    long budget = CollectionPressure.OF_PROCESS.budget();
    assumeTrue(budget <= 2L << 30, "too much memory to fill in a test");
    long before = resident(status);
    long piece = 8L << 20;
    long highest = 0;
    for (long sum = 0; sum < 3 * budget; sum += piece) {
      assertEquals(0, Tensor.allocate(piece / 4).at(0));
      highest = Math.max(highest, resident(status) - before);
    }
    assertTrue(
        highest < 2 * budget, (highest >> 20) + " MiB more, the budget is " + (budget >> 20));
  }

  private static long resident(Path status) throws IOException {
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
