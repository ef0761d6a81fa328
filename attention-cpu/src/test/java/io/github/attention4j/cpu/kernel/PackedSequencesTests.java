package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.CpuProvider;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.reference.ReferenceProvider;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sequences end to end equal the same sequences one by one, and cost no more. */
class PackedSequencesTests {
  private static final long[] OFFSETS = {0, 5, 5, 70, 71, 200};
  private static final int HEADS = 2;
  private static final int SIZE = 16;

  private static Tensor draw(Random random, int length) {
    Tensor array = Tensor.allocate(1, HEADS, length, SIZE);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextGaussian());
    }
    return array;
  }

  private static Tensor part(Tensor x, long from, long to) {
    Tensor part = Tensor.allocate(1, HEADS, to - from, SIZE);
    for (int h = 0; h < HEADS; h++) {
      for (long t = from; t < to; t++) {
        for (int e = 0; e < SIZE; e++) {
          part.set((h * (to - from) + t - from) * SIZE + e, x.get(0, h, t, e));
        }
      }
    }
    return part;
  }

  @Test
  void equalsEachSequenceAlone() {
    for (AttentionProvider provider :
        List.of(new CpuProvider().configure(Settings.defaults()), new ReferenceProvider())) {
      for (Scope within : List.of(Scope.full(), Scope.causal(), Scope.window(9, 3))) {
        Random random = new Random(5);
        Tensor query = draw(random, 200);
        Tensor key = draw(random, 200);
        Tensor value = draw(random, 200);
        Pairwise one = Pairwise.of(Score.scaledDot()).within(within);
        Pairwise packed = one.within(Scope.packed().and(within));
        try (Attention together = provider.prepare(Request.of(packed));
            Attention alone = provider.prepare(Request.of(one))) {
          Tensor all =
              together
                  .run(Inputs.of(query, key, value).with("offsets", LongTensor.of(OFFSETS, 6)))
                  .output();
          for (int s = 1; s < OFFSETS.length; s++) {
            long from = OFFSETS[s - 1];
            long to = OFFSETS[s];
            Tensor own =
                alone
                    .run(
                        Inputs.of(
                            part(query, from, to), part(key, from, to), part(value, from, to)))
                    .output();
            assertArrayEquals(own.toArray(), part(all, from, to).toArray(), 1e-6f);
          }
        }
      }
    }
  }

  /** Keys that a tile of queries visits are those of its own sequences. */
  @Test
  void visitsLiveTilesOnly() {
    Pairwise packed = Pairwise.of(Score.scaledDot()).within(Scope.packed());
    int length = 4096;
    Tensor x = Tensor.allocate(1, 1, length, 4);
    long[] offsets = new long[65];
    for (int s = 1; s < 65; s++) {
      offsets[s] = offsets[s - 1] + (s % 2 == 0 ? 100 : 28);
    }
    assertEquals(length, offsets[64]);
    PairwiseInputs inputs =
        new PairwiseInputs(packed, Inputs.of(x, x, x).with("offsets", LongTensor.of(offsets, 65)));
    ScopeTiles tiles = ScopeTiles.of(packed.scope(), inputs);
    Intervals some = new Intervals();
    Intervals every = new Intervals();
    long visited = 0;
    for (int first = 0; first < length; first += 32) {
      tiles.ranges(0, 0, first, 32, some, every, new ScopeTiles.Scratch());
      for (int i = 0; i < some.count(); i++) {
        visited += 32L * (some.to(i) - some.from(i));
      }
    }
    // Live pairs are 32 x (28² + 100²); full attention would visit 4096².
    long live = 32 * (28 * 28 + 100 * 100);
    assertTrue(visited < 2 * live, () -> "of " + live);
  }

  @Test
  void refusesOffsetsThatGoBack() {
    Tensor x = Tensor.allocate(1, 1, 4, 4);
    Inputs inputs = Inputs.of(x, x, x).with("offsets", LongTensor.of(new long[] {0, 3, 2}, 3));
    try (Attention attention =
        new CpuProvider().prepare(Request.of(Pairwise.of(Score.dot()).within(Scope.packed())))) {
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> attention.run(inputs))
                  .getMessage());
      assertTrue(message.startsWith("offsets: expected ascending"), message);
    }
  }
}
