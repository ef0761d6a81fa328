package io.github.attention4j.viz.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class LivePairsTests {
  private static final Pairwise SCALED = Pairwise.of(Score.scaledDot());

  private static Inputs inputs(long batch, long heads, long queries, long keys) {
    return Inputs.of(
        Tensor.allocate(batch, heads, queries, 4),
        Tensor.allocate(batch, heads, keys, 4),
        Tensor.allocate(batch, heads, keys, 4));
  }

  private static long pairs(Scope scope, Inputs inputs) {
    return LivePairs.count(SCALED.within(scope), inputs).pairs();
  }

  @Test
  void fullCountsEveryHeadAndBatchEntry() {
    assertEquals(2 * 3 * 5 * 7, pairs(Scope.full(), inputs(2, 3, 5, 7)));
  }

  @Test
  void causalIsATriangle() {
    assertEquals(10 * 11 / 2, pairs(Scope.causal(), inputs(1, 1, 10, 10)));
    // The last of 2 queries sees all 5 keys, the one before 4.
    assertEquals(
        9,
        LivePairs.count(SCALED.within(Scope.causal()).placed(Placement.end()), inputs(1, 1, 2, 5))
            .pairs());
    assertEquals(45, pairs(Scope.causal().not(), inputs(1, 1, 10, 10)));
  }

  @Test
  void windowsAreCutAtTheEnds() {
    // 6 queries with 3 keys each, less one at each end.
    assertEquals(16, pairs(Scope.window(1, 1), inputs(1, 1, 6, 6)));
    // Steps of 2: 0 2 | 1 3 | 0 2 4 | 1 3 5 | 2 4 | 3 5.
    assertEquals(14, pairs(new Scope.Window(1, 1, 2), inputs(1, 1, 6, 6)));
    assertEquals(36, pairs(Scope.window(Scope.UNBOUNDED, Scope.UNBOUNDED), inputs(1, 1, 6, 6)));
  }

  @Test
  void longformerJoinsWindowAndGlobals() {
    Inputs marked =
        inputs(1, 1, 6, 6)
            .with(
                Inputs.GLOBAL,
                BooleanTensor.of(new boolean[] {true, false, false, false, false, false}, 1, 6));
    // Window 16; row 0 has 4 more; rows 2 to 5 have key 0 more.
    assertEquals(24, pairs(Scope.longformer(1), marked));
  }

  @Test
  void blocksStridesAndSummaries() {
    Inputs eight = inputs(1, 1, 8, 8);
    assertEquals(16, pairs(new Scope.BlockWindow(2, 0, 0), eight));
    assertEquals(16, pairs(new Scope.Strided(4), eight));
    assertEquals(8 * 4, pairs(new Scope.Summaries(4, 2), eight));
    // Block 0 sees 8 keys; the other six queries see its 2.
    assertEquals(2 * 8 + 6 * 2, pairs(new Scope.GlobalBlocks(2, List.of(0L)), eight));
    // Of the four blocks of queries, the first has block 3, the second none.
    LongTensor table = LongTensor.of(new long[] {3, -1}, 1, 2, 1);
    assertEquals(4, pairs(new Scope.KeyBlocks(2, table), eight));
  }

  @Test
  void lengthsAndMasksComeFromInputs() {
    Inputs two =
        inputs(2, 1, 3, 4)
            .with(Inputs.LENGTHS, LongTensor.of(new long[] {0, 2}, 2))
            .with(Inputs.MASK, BooleanTensor.of(new boolean[] {true, false, true, false}, 4));
    assertEquals(3 * 2, pairs(Scope.lengths(), two));
    assertEquals(2 * 3 * 2, pairs(Scope.mask(), two));
    assertEquals(3, pairs(Scope.mask().and(Scope.lengths()), two));
  }

  @Test
  void aScopePerHead() {
    Scope scope = new Scope.PerHead(List.of(Scope.full(), Scope.causal()));
    assertEquals(16 + 10, pairs(scope, inputs(1, 2, 4, 4)));
  }

  @Test
  void tilesWithoutPairsAreNotLive() {
    int side = 4 * LivePairs.TILE_KEYS;
    Inputs inputs = inputs(1, 1, side, side);
    assertEquals(8 * 4, LivePairs.count(SCALED, inputs).tiles());
    // Two bands of queries for each tile of keys: 1 + 1 + 2 + 2 + 3 + 3 + 4 + 4.
    assertEquals(20, LivePairs.count(SCALED.within(Scope.causal()), inputs).tiles());
    assertEquals(8, LivePairs.count(SCALED.within(Scope.window(0, 0)), inputs).tiles());
  }
}
