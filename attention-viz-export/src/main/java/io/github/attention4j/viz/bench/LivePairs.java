package io.github.attention4j.viz.bench;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Shape;
import java.util.BitSet;
import java.util.List;

/// Counts the pairs of a query and a key that a scope allows, over all batch entries and heads, by
/// going through them: what has to be computed, whoever computes it.
///
/// A row of allowed keys is a set of bits, so that 65,536 x 65,536 pairs are counted in a second.
///
/// @param pairs allowed pairs
/// @param tiles tiles of [#TILE_QUERIES] x [#TILE_KEYS] with at least one allowed pair
public record LivePairs(long pairs, long tiles) {
  /// Queries of a tile.
  static final int TILE_QUERIES = 64;

  /// Keys of a tile.
  static final int TILE_KEYS = 128;

  /// Counts.
  static LivePairs count(Pairwise mechanism, Inputs inputs) {
    Shape query = inputs.tensor(Inputs.QUERY).shape();
    Rows rows =
        new Rows(
            mechanism.placement(),
            inputs,
            query.intSize(2),
            inputs.tensor(Inputs.KEY).shape().intSize(2),
            query);
    long pairs = 0;
    long tiles = 0;
    for (int b = 0; b < query.size(0); b++) {
      for (int h = 0; h < query.size(1); h++) {
        for (int first = 0; first < rows.queries; first += TILE_QUERIES) {
          BitSet band = new BitSet(rows.keys);
          for (int i = first; i < Math.min(first + TILE_QUERIES, rows.queries); i++) {
            BitSet row = rows.of(mechanism.scope(), b, h, i);
            pairs += row.cardinality();
            band.or(row);
          }
          for (int j = band.nextSetBit(0); j >= 0; j = band.nextSetBit(nextTile(j))) {
            tiles++;
          }
        }
      }
    }
    return new LivePairs(pairs, tiles);
  }

  private static int nextTile(int key) {
    return (key / TILE_KEYS + 1) * TILE_KEYS;
  }

  private record Rows(Placement placement, Inputs inputs, int queries, int keys, Shape shape) {
    private long position(int b, int i) {
      return switch (placement) {
        case Placement.Start(long offset) -> offset + i;
        case Placement.End() -> (long) keys - queries + i;
        case Placement.EndOfLength(String lengths) -> inputs.longs(lengths).at(b) - queries + i;
      };
    }

    BitSet of(Scope scope, int b, int h, int i) {
      BitSet row = new BitSet(keys);
      long p = position(b, i);
      switch (scope) {
        case Scope.Full() -> row.set(0, keys);
        case Scope.Causal() -> set(row, 0, p);
        case Scope.Window(long back, long ahead, long dilation) -> {
          long first = back == Scope.UNBOUNDED ? Long.MIN_VALUE / 2 : p - back * dilation;
          long last = ahead == Scope.UNBOUNDED ? Long.MAX_VALUE / 2 : p + ahead * dilation;
          step(row, p, dilation, first, last);
        }
        case Scope.GlobalKeys(String input) -> marked(row, inputs.booleans(input), b);
        case Scope.GlobalQueries(String input) -> {
          BooleanTensor global = inputs.booleans(input);
          long length = global.shape().size(1);
          if (p >= 0 && p < length && global.at(b * length + p)) {
            row.set(0, keys);
          }
        }
        case Scope.Strided(long stride) -> step(row, p, stride, 0, keys - 1L);
        case Scope.Summaries(long stride, long count) -> {
          for (long end = stride - 1; end - count < keys; end += stride) {
            set(row, end - count + 1, end);
          }
        }
        case Scope.BlockWindow(long block, long back, long ahead) -> {
          long own = Math.floorDiv(p, block);
          set(row, (own - back) * block, (own + ahead + 1) * block - 1);
        }
        case Scope.GlobalBlocks(long block, List<Long> ids) -> {
          if (ids.contains(Math.floorDiv(p, block))) {
            row.set(0, keys);
          }
          ids.forEach(id -> set(row, id * block, (id + 1) * block - 1));
        }
        case Scope.KeyBlocks(long block, LongTensor table) -> blocks(row, block, table, h, p);
        case Scope.Lengths(String input) -> set(row, 0, inputs.longs(input).at(b) - 1);
        case Scope.Packed(String input) -> {
          LongTensor offsets = inputs.longs(input);
          for (long s = 1; s < offsets.shape().elements(); s++) {
            if (offsets.at(s - 1) <= p && p < offsets.at(s)) {
              set(row, offsets.at(s - 1), offsets.at(s) - 1);
            }
          }
        }
        case Scope.Mask(String input) -> mask(row, inputs.booleans(input), b, h, i);
        case Scope.PerHead(List<Scope> scopes) -> row.or(of(scopes.get(h), b, h, i));
        case Scope.And(List<Scope> scopes) -> {
          row.set(0, keys);
          scopes.forEach(each -> row.and(of(each, b, h, i)));
        }
        case Scope.Or(List<Scope> scopes) -> scopes.forEach(each -> row.or(of(each, b, h, i)));
        case Scope.Not(Scope inner) -> {
          row.set(0, keys);
          row.andNot(of(inner, b, h, i));
        }
      }
      return row;
    }

    /** Keys `first` to `last`, both inclusive, as far as there are any. */
    private void set(BitSet row, long first, long last) {
      long from = Math.max(0, first);
      long to = Math.min(keys - 1L, last);
      if (from <= to) {
        row.set((int) from, (int) to + 1);
      }
    }

    /** Keys that are whole steps from `p`, between `first` and `last`. */
    private void step(BitSet row, long p, long step, long first, long last) {
      long from = Math.max(0, first);
      long to = Math.min(keys - 1L, last);
      if (step == 1) {
        set(row, from, to);
        return;
      }
      for (long j = from + Math.floorMod(p - from, step); j <= to; j += step) {
        row.set((int) j);
      }
    }

    private void marked(BitSet row, BooleanTensor global, int b) {
      for (int j = 0; j < keys; j++) {
        if (global.at((long) b * keys + j)) {
          row.set(j);
        }
      }
    }

    private void blocks(BitSet row, long block, LongTensor table, int h, long p) {
      Shape shape = table.shape();
      long query = Math.floorDiv(p, block);
      if (query < 0 || query >= shape.size(1)) {
        return;
      }
      for (long c = 0; c < shape.size(2); c++) {
        long id = table.get(shape.size(0) == 1 ? 0 : h, query, c);
        if (id >= 0) {
          set(row, id * block, (id + 1) * block - 1);
        }
      }
    }

    private void mask(BitSet row, BooleanTensor mask, int b, int h, int i) {
      long[] position = {b, h, i, 0};
      int rank = mask.shape().rank();
      long start = 0;
      for (int axis = 0; axis < rank - 1; axis++) {
        long size = mask.shape().size(axis);
        start = start * size + (size == 1 ? 0 : position[4 - rank + axis]);
      }
      long width = rank == 0 ? 1 : mask.shape().size(-1);
      for (int j = 0; j < keys; j++) {
        if (mask.at(start * width + (width == 1 ? 0 : j))) {
          row.set(j);
        }
      }
    }
  }
}
