package io.github.attention4j.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.ExternalMemory.Found;
import io.github.attention4j.api.ExternalMemory.Sizes;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.MemoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the index finds and how long it takes, against every key compared. Asked for with
 * `-Dattention.test.recall=50000`, a number of keys; takes minutes.
 */
@EnabledIfSystemProperty(named = "attention.test.recall", matches = "\\d+")
class RecallMeasurementTests {
  private static final int KEYS = Integer.getInteger("attention.test.recall", 0);
  private static final int QUERIES = 512;
  private static final int SIZE = 64;
  private static final Sizes SIZES = new Sizes(1, SIZE, SIZE);

  @TempDir Path directory;

  @Test
  void independentKeys() throws IOException {
    measure("independent", 0, 0.9);
  }

  @Test
  void clusteredKeys() throws IOException {
    measure("clustered", KEYS / 100, 0.99);
  }

  private void measure(String name, int clusters, double least) throws IOException {
    Draws draws = new Draws(1, SIZE, clusters);
    Path place = directory.resolve(name);
    Tensor queries;
    Found all;
    MemoryStore lucene = new LuceneStore();
    try (ExternalMemory exact = new ExactStore().open(SIZES, Optional.empty(), threads());
        ExternalMemory index = lucene.open(SIZES, Optional.of(place), threads())) {
      long appending = 0;
      for (int from = 0; from < KEYS; from += 512) {
        int count = Math.min(512, KEYS - from);
        Tensor keys = draws.next(1, count);
        exact.append(keys, keys);
        long start = System.nanoTime();
        index.append(keys, keys);
        appending += System.nanoTime() - start;
      }
      queries = draws.next(1, QUERIES);
      all = exact.search(queries, 32);
      System.out.printf(
          "%s: %d keys of %d; append %.0f us/key; exact search %.0f us/query%n",
          name, KEYS, SIZE, appending / 1e3 / KEYS, microseconds(exact, queries));
    }
    for (int beam : new int[] {32, 64, 128, 256, 512}) {
      long start = System.nanoTime();
      try (ExternalMemory index =
          lucene.open(
              SIZES, Optional.of(place), threads().option("lucene.beam", String.valueOf(beam)))) {
        double opening = (System.nanoTime() - start) / 1e6;
        double recall = Draws.recall(all, index.search(queries, 32));
        System.out.printf(
            "%s: beam %d: recall@32 %.4f, %.0f us/query, opened in %.0f ms%n",
            name, beam, recall, microseconds(index, queries), opening);
        assertTrue(beam < 128 || recall > least, () -> "recall " + recall);
      }
    }
    try (var files = Files.walk(place)) {
      System.out.printf(
          "%s: on disk %d MiB%n",
          name, files.mapToLong(file -> file.toFile().length()).sum() >> 20);
    }
  }

  private static Settings threads() {
    return Settings.defaults().threads(1);
  }

  /** The best of three searches for all queries, one thread. */
  private static double microseconds(ExternalMemory memory, Tensor queries) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      memory.search(queries, 32);
      best = Math.min(best, System.nanoTime() - start);
    }
    return best / 1e3 / QUERIES;
  }
}
