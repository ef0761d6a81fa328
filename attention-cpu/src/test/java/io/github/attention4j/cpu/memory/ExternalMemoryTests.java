package io.github.attention4j.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.ExternalMemory.Found;
import io.github.attention4j.api.ExternalMemory.Sizes;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.MemoryStores;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.UnsupportedRequestException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store keeps to, by hand and against the other. */
class ExternalMemoryTests {
  private static final MemoryStores STORES = MemoryStores.load();

  @TempDir Path directory;

  private ExternalMemory open(String store, Sizes sizes, Settings settings) throws IOException {
    return STORES
        .named(store)
        .open(
            sizes,
            store.equals("exact") ? Optional.empty() : Optional.of(directory.resolve("memory")),
            settings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"exact", "lucene"})
  void byHand(String store) throws IOException {
    try (ExternalMemory memory = open(store, new Sizes(2, 2, 1), Settings.defaults())) {
      assertEquals(0, memory.size());
      Tensor query = Tensor.of(new float[] {1, 0, 0, 1}, 2, 1, 2);
      assertEquals(0, memory.search(query, 3).ids().shape().size(2));
      assertEquals(
          0,
          memory.append(
              Tensor.of(new float[] {1, 9, 3, 9, /* head 1 */ 9, -1, 9, 5}, 2, 2, 2),
              Tensor.of(new float[] {10, 11, 20, 21}, 2, 2, 1)));
      assertEquals(
          2,
          memory.append(
              Tensor.of(new float[] {3, -7, /* head 1 */ 0, 6}, 2, 1, 2),
              Tensor.of(new float[] {12, 22}, 2, 1, 1)));
      assertEquals(3, memory.size());
      Found two = memory.search(query, 2);
      // Head 0: dot products 1, 3, 3, the lower of equals first. Head 1: -1, 5, 6.
      assertArrayEquals(new long[] {1, 2, 2, 1}, two.ids().toArray());
      assertArrayEquals(new float[] {3, 3, 6, 5}, two.scores().toArray());
      Found all = memory.search(query, 9);
      assertArrayEquals(new long[] {1, 2, 0, 2, 1, 0}, all.ids().toArray());
      ExternalMemory.Entries entries = memory.read(LongTensor.of(new long[] {2, 0, 1, 1}, 2, 2));
      assertArrayEquals(new float[] {3, -7, 1, 9, 9, 5, 9, 5}, entries.keys().toArray());
      assertArrayEquals(new float[] {12, 10, 21, 21}, entries.values().toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"exact", "lucene"})
  void refusesWhatDoesNotFit(String store) throws IOException {
    ExternalMemory memory = open(store, new Sizes(1, 2, 1), Settings.defaults());
    Tensor keys = Tensor.of(new float[] {1, 2}, 1, 1, 2);
    Tensor values = Tensor.of(new float[] {3}, 1, 1, 1);
    assertRefused("keys: expected [heads", () -> memory.append(values, values));
    assertRefused("values: expected [heads", () -> memory.append(keys, keys));
    Tensor infinite = Tensor.of(new float[] {1, Float.POSITIVE_INFINITY}, 1, 1, 2);
    assertRefused("keys: expected finite", () -> memory.append(infinite, values));
    assertRefused("queries: expected finite", () -> memory.search(infinite, 1));
    assertRefused("k: expected", () -> memory.search(keys, 0));
    memory.append(keys, values);
    assertRefused("ids: expected 0 to 0", () -> memory.read(LongTensor.of(new long[] {1}, 1, 1)));
    assertEquals(1, memory.size());
    memory.close();
    memory.close();
    assertThrows(IllegalStateException.class, memory::size);
    assertThrows(IllegalStateException.class, () -> memory.append(keys, values));
  }

  @Test
  void storesSayWhatTheyCannot() {
    Sizes sizes = new Sizes(1, 2048, 1);
    assertEquals(2, STORES.named("lucene").unsupported(sizes, Optional.empty()).size());
    assertEquals(1, STORES.named("exact").unsupported(sizes, Optional.of(directory)).size());
    assertThrows(
        UnsupportedRequestException.class,
        () -> STORES.named("exact").open(sizes, Optional.of(directory), Settings.defaults()));
    assertRefused(
        "lucene.beam: expected",
        () -> open("lucene", new Sizes(1, 2, 1), Settings.defaults().option("lucene.beam", "0")));
    assertRefused(
        "options: store lucene has",
        () -> open("lucene", new Sizes(1, 2, 1), Settings.defaults().option("lucene.ef", "1")));
    assertRefused("store: expected one of [exact, lucene]", () -> STORES.named("annoy"));
  }

  private static void assertRefused(
      String start, org.junit.jupiter.api.function.Executable refused) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, refused).getMessage());
    assertTrue(message.startsWith(start), message);
  }

  /**
   * 6,000 keys in many segments of the index and a tail; the bound is the measured 0.995 less 3 %.
   */
  @Test
  void theIndexFindsNearlyAll() throws IOException {
    Settings settings =
        Settings.defaults().option("lucene.tail", "2048").option("lucene.beam", "32");
    Draws draws = new Draws(7, 32, 0);
    Sizes sizes = new Sizes(2, 32, 1);
    try (ExternalMemory exact = open("exact", sizes, settings);
        ExternalMemory index = open("lucene", sizes, settings)) {
      assertTrue(exact.exact());
      assertFalse(index.exact());
      for (int i = 0; i < 12; i++) {
        Tensor keys = draws.next(2, 500);
        Tensor values = Tensor.allocate(2, 500, 1);
        exact.append(keys, values);
        index.append(keys, values);
      }
      Tensor queries = draws.next(2, 100);
      Found all = exact.search(queries, 32);
      Found most = index.search(queries, 32);
      double recall = Draws.recall(all, most);
      System.out.println("recall@32 of 6,000 keys: " + recall);
      assertTrue(recall > 0.96, () -> "recall@32 " + recall);
      // Half of the last searched keys stand in the tail, where nothing is missed.
      assertEquals(all.scores().at(0), most.scores().at(0), 1e-4);
    }
  }

  @Test
  void searchesRunBesideAppends() throws Exception {
    Settings settings = Settings.defaults().option("lucene.tail", "64");
    Draws draws = new Draws(3, 8, 0);
    Tensor queries = draws.next(1, 4);
    Tensor keys = draws.next(1, 16);
    Tensor values = Tensor.allocate(1, 16, 1);
    try (ExternalMemory memory = open("lucene", new Sizes(1, 8, 1), settings);
        ExecutorService searcher = Executors.newSingleThreadExecutor()) {
      memory.append(keys, values);
      Future<?> searching =
          searcher.submit(() -> {
            long before = 0;
            while (before < 640) {
              long size = memory.size();
              assertTrue(size >= before && size % 16 == 0, () -> "size " + size);
              Found found = memory.search(queries, 5);
              // The same keys over and over: the best is always an early entry.
              assertTrue(found.ids().at(0) >= 0 && found.ids().at(0) < memory.size());
              before = size;
            }
            return null;
          });
      for (int i = 1; i < 40; i++) {
        memory.append(keys, values);
      }
      searching.get();
    }
  }
}
