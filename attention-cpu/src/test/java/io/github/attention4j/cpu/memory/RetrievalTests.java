package io.github.attention4j.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.ExternalMemory.Sizes;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.NearestKeys;
import io.github.attention4j.api.MemoryStores;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Retrieval;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention to what was retrieved is attention to the whole memory. */
class RetrievalTests {
  private static final Request REQUEST =
      Request.of(
              new NearestKeys(
                  3, Tensor.of(new float[] {0.5f, -1, 0, 2}, 4), OptionalDouble.empty()))
          .capture(Capture.STAGES);

  @TempDir Path directory;

  private static ExternalMemory exact(Sizes sizes) throws IOException {
    return MemoryStores.load()
        .named("exact")
        .open(sizes, Optional.empty(), Settings.defaults().threads(1));
  }

  /** `[batch, heads, length, size]`. */
  private static Tensor draw(Draws draws, int batch, int heads, int length) {
    Tensor flat = draws.next(batch * heads, length);
    return flat.reshape(batch, heads, length, flat.shape().size(2));
  }

  /** Two sequences with memories of their own, two query heads on each memory head. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void equalsTheWholeMemory(String provider) throws IOException {
    Draws draws = new Draws(11, 8, 0);
    Inputs inputs = Inputs.of(draw(draws, 2, 4, 5), draw(draws, 2, 4, 5), draw(draws, 2, 4, 5));
    Tensor keys = draw(draws, 2, 2, 300);
    Tensor values = draw(draws, 2, 2, 300);
    try (ExternalMemory first = exact(new Sizes(2, 8, 8));
        ExternalMemory second = exact(new Sizes(2, 8, 8));
        Attention attention = AttentionProviders.load().named(provider).prepare(REQUEST)) {
      List<ExternalMemory> memories = List.of(first, second);
      for (int b = 0; b < 2; b++) {
        memories.get(b).append(entry(keys, b), entry(values, b));
      }
      Result whole =
          attention.run(
              inputs.with(Retrieval.MEMORY_KEY, keys).with(Retrieval.MEMORY_VALUE, values));
      Retrieval retrieval = Retrieval.of(inputs.tensor(Inputs.QUERY), 3, memories);
      assertTrue(retrieval.ids().shape().size(2) <= 2 * 5 * 3);
      Result some = attention.run(retrieval.into(inputs));
      assertArrayEquals(whole.output().toArray(), some.output().toArray(), 1e-6f);
      LongTensor wholeIds = (LongTensor) whole.get("memory_ids");
      LongTensor someIds = (LongTensor) some.get("memory_ids");
      for (int b = 0; b < 2; b++) {
        for (int h = 0; h < 4; h++) {
          for (int i = 0; i < 5; i++) {
            for (int r = 0; r < 3; r++) {
              assertEquals(
                  wholeIds.get(b, h, i, r), retrieval.ids().get(b, h / 2, someIds.get(b, h, i, r)));
            }
          }
        }
      }
    }
  }

  private static Tensor entry(Tensor all, int b) {
    long bytes = all.segment().byteSize() / all.shape().size(0);
    return Tensor.wrap(
        all.segment().asSlice(b * bytes, bytes),
        io.github.attention4j.api.Shape.of(
            all.shape().size(1), all.shape().size(2), all.shape().size(3)));
  }

  /** Segment by segment, as the paper does; the index is on disk and reopened in between. */
  @Test
  void aSequenceInSegments() throws IOException {
    Draws draws = new Draws(12, 8, 0);
    Settings settings = Settings.defaults().option("lucene.tail", "16");
    Sizes sizes = new Sizes(4, 8, 8);
    try (ExternalMemory exact = exact(sizes);
        Attention attention = AttentionProviders.load().named("cpu").prepare(REQUEST)) {
      for (int segment = 0; segment < 6; segment++) {
        Inputs inputs =
            Inputs.of(draw(draws, 1, 4, 10), draw(draws, 1, 4, 10), draw(draws, 1, 4, 10));
        Tensor query = inputs.tensor(Inputs.QUERY);
        try (ExternalMemory index =
            MemoryStores.load().named("lucene").open(sizes, Optional.of(directory), settings)) {
          Result expected = attention.run(Retrieval.of(query, 3, exact).into(inputs));
          // So few entries that the graphs find all.
          Result actual = attention.run(Retrieval.of(query, 3, index).into(inputs));
          assertEquals(expected.output(), actual.output());
          for (ExternalMemory memory : List.of(exact, index)) {
            memory.append(
                inputs.tensor(Inputs.KEY).reshape(4, 10, 8),
                inputs.tensor(Inputs.VALUE).reshape(4, 10, 8));
          }
        }
      }
      assertEquals(60, exact.size());
    }
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    Tensor query = Tensor.allocate(2, 3, 5, 8);
    try (ExternalMemory two = exact(new Sizes(2, 8, 8));
        ExternalMemory one = exact(new Sizes(1, 8, 8));
        ExternalMemory narrow = exact(new Sizes(1, 7, 8));
        ExternalMemory longer = exact(new Sizes(1, 8, 8))) {
      longer.append(Tensor.allocate(1, 1, 8), Tensor.allocate(1, 1, 8));
      assertEquals(0, Retrieval.of(query, 3, one).ids().shape().size(2));
      assertRefused("query: expected heads", query, List.of(two));
      assertRefused("query: expected keySize 7", query, List.of(narrow));
      assertRefused("memories: expected 1 or one", query, List.of(one, one, one));
      assertRefused("memories: expected all of", query, List.of(one, longer));
    }
  }

  private static void assertRefused(String start, Tensor query, List<ExternalMemory> memories) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> Retrieval.of(query, 3, memories))
                .getMessage());
    assertTrue(message.startsWith(start), message);
  }
}
