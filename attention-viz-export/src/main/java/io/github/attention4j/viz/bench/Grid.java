package io.github.attention4j.viz.bench;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;

/// The cells of `attention bench`.
final class Grid {
  /// Series of the group [Group#LINEAR].
  static final String LINEAR_TRANSFORMER = "Linear Transformer, causal";

  /// As [#LINEAR_TRANSFORMER].
  static final String PERFORMER = "Performer 256, causal";

  /// As [#LINEAR_TRANSFORMER]; the one that ONNX Runtime has an operator for.
  static final String RECURRENT = "linear attention (recurrent)";

  private static final String GATED_DELTA = "gated delta rule (recurrent)";
  private static final long LINEAR_HEADS = 2;
  private static final int PERFORMER_FEATURES = 256;
  private static final long BLOCK = 64;
  private static final Pairwise SCALED = Pairwise.of(Score.scaledDot());

  private final boolean full;
  private final long longest;
  private final List<Cell> cells = new ArrayList<>();

  private Grid(boolean full, long longest) {
    this.full = full;
    this.longest = longest;
  }

  /// The cells in the order to run them.
  ///
  /// @param full all of them, not the two-minute selection
  /// @param longest the greatest length; longer cells are left out, and fixed lengths shrink to it
  static List<Cell> cells(boolean full, long longest) {
    Grid grid = new Grid(full, longest);
    grid.memory();
    grid.prefill();
    grid.decode();
    grid.small();
    grid.sparse();
    grid.linear();
    return List.copyOf(grid.cells);
  }

  /// The same on a sequence short enough to take no time.
  static Cell shortened(Cell cell) {
    long length = Math.min(1024, cell.length());
    Dimensions sizes = cell.sizes();
    return new Cell(
        cell.group(),
        cell.series(),
        length,
        Dimensions.self(sizes.heads(), length, sizes.size()),
        cell.request(),
        cell.extras());
  }

  private void memory() {
    long length = Math.min(65_536, longest);
    add(Group.MEMORY, "full, 1 head x 64", length, Dimensions.self(1, length, 64), SCALED);
  }

  private void prefill() {
    for (long heads : List.of(8L, 12L)) {
      List<Long> lengths =
          full
              ? List.of(128L, 256L, 512L, 1024L, 2048L, 4096L)
              : heads == 8 ? List.of(128L, 1024L, 4096L) : List.of(512L);
      for (long size : List.of(64L, 128L)) {
        for (Scope scope : List.of(Scope.full(), Scope.causal())) {
          for (long length : lengths) {
            String name = scope.equals(Scope.full()) ? "full" : "causal";
            add(
                Group.PREFILL,
                name + ", " + heads + " heads x " + size,
                length,
                Dimensions.self(heads, length, size),
                SCALED.within(scope));
          }
        }
      }
    }
  }

  private void decode() {
    List<Long> lengths =
        full ? List.of(1024L, 2048L, 4096L, 8192L, 16_384L) : List.of(1024L, 4096L, 16_384L);
    for (long keys : lengths) {
      add(
          Group.DECODE,
          "1 query, 32 heads on 8 x 128",
          keys,
          new Dimensions(1, 32, 8, 1, keys, 128),
          SCALED);
    }
  }

  private void small() {
    List<Long> lengths = full ? List.of(1L, 5L, 16L, 33L, 64L) : List.of(1L, 16L, 64L);
    for (long size : full ? List.of(40L, 80L, 96L) : List.of(40L, 96L)) {
      for (long length : lengths) {
        add(
            Group.SMALL,
            "full, 8 heads x " + size,
            length,
            Dimensions.self(8, length, size),
            SCALED);
      }
      add(
          Group.SMALL,
          "64 mixed lengths, 8 heads x " + size,
          64,
          new Dimensions(64, 8, 8, 64, 64, size),
          SCALED.within(Scope.lengths()),
          Set.of(Inputs.LENGTHS));
    }
  }

  private void sparse() {
    long length = Math.min(16_384, longest);
    patterns(length)
        .forEach((name, scope) ->
            cells.add(
                new Cell(
                    Group.SPARSE,
                    name,
                    length,
                    Dimensions.self(full ? 4 : 1, length, 64),
                    Request.of(SCALED.within(scope)),
                    name.startsWith("Longformer") ? Set.of(Inputs.GLOBAL) : Set.of())));
  }

  /** Patterns over a sequence; `full` comes first, the others are compared with it. */
  private static Map<String, Scope> patterns(long length) {
    Map<String, Scope> patterns = new LinkedHashMap<>();
    patterns.put("full", Scope.full());
    patterns.put("causal", Scope.causal());
    patterns.put("window 256 + 256", Scope.window(256, 256));
    patterns.put("Longformer 256", Scope.longformer(256));
    patterns.put(
        "BigBird, blocks of " + BLOCK,
        Scope.bigBird(BLOCK, 3, List.of(0L, 1L), randomBlocks(length)));
    patterns.put("strided " + strideOf(length), Scope.sparseStrided(strideOf(length)));
    patterns.put("fixed " + strideOf(length), Scope.sparseFixed(strideOf(length), 8));
    return patterns;
  }

  /** About the square root, as the Sparse Transformer has it; at least the 8 summaries. */
  private static long strideOf(long length) {
    return Math.max(8, Math.round(Math.sqrt((double) length)));
  }

  /** Three random blocks for each block of queries. */
  static LongTensor randomBlocks(long length) {
    SplittableRandom random = new SplittableRandom(5);
    long blocks = (length + BLOCK - 1) / BLOCK;
    LongTensor table = LongTensor.allocate(1, blocks, 3);
    for (long i = 0; i < 3 * blocks; i++) {
      table.set(i, random.nextLong(blocks));
    }
    return table;
  }

  private void linear() {
    List<Long> lengths =
        full
            ? List.of(4096L, 8192L, 16_384L, 32_768L, 65_536L, 131_072L)
            : List.of(32_768L, 65_536L);
    FeatureMap elu = new FeatureMap.EluPlusOne();
    linear(LINEAR_TRANSFORMER, new Mechanism.Linearized(elu, Scope.causal()), lengths);
    linear(PERFORMER, new Mechanism.Linearized(performer(), Scope.causal()), lengths);
    linear(RECURRENT, new Mechanism.Recurrent(false, false, OptionalDouble.empty()), lengths);
    Mechanism gatedDelta = new Mechanism.Recurrent(true, true, OptionalDouble.empty());
    for (long length : full ? lengths : lengths.subList(0, 1)) {
      add(
          Group.LINEAR,
          GATED_DELTA,
          length,
          Dimensions.self(LINEAR_HEADS, length, 64),
          gatedDelta,
          Set.of(Cell.DECAY, Cell.BETA));
    }
    if (full) {
      linear("Linear Transformer", new Mechanism.Linearized(elu, Scope.full()), lengths);
      linear("Performer 256", new Mechanism.Linearized(performer(), Scope.full()), lengths);
    }
  }

  static FeatureMap performer() {
    return FeatureMap.FavorPlus.draw(PERFORMER_FEATURES, 64, 11, true, false);
  }

  private void linear(String series, Mechanism mechanism, List<Long> lengths) {
    for (long length : lengths) {
      add(Group.LINEAR, series, length, Dimensions.self(LINEAR_HEADS, length, 64), mechanism);
    }
  }

  private void add(Group group, String series, long length, Dimensions sizes, Mechanism mechanism) {
    add(group, series, length, sizes, mechanism, Set.of());
  }

  private void add(
      Group group,
      String series,
      long length,
      Dimensions sizes,
      Mechanism mechanism,
      Set<String> extras) {
    if (length <= longest) {
      cells.add(new Cell(group, series, length, sizes, Request.of(mechanism), extras));
    }
  }
}
