package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Scope;
import io.github.attention4j.cpu.plan.Broadcast;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.Arrays;
import java.util.List;

/// A [Scope] as the driver sees it, for neighbouring queries of one head: which keys can be in
/// reach of any of them, which are of all, and, for the rest, the bits.
///
/// Keys that cannot be reached are never visited, so a sparse pattern costs what its live keys
/// cost. Agrees with [io.github.attention4j.cpu.plan.ScopeTest], which defines membership.
abstract class ScopeTiles {
  /// The terms of one run.
  static ScopeTiles of(Scope scope, PairwiseInputs inputs) {
    int keys = inputs.keys();
    return switch (scope) {
      case Scope.Full() -> new Keys(keys);
      case Scope.Causal() -> new DistanceScopes.Band(inputs, Scope.UNBOUNDED, 0, 1);
      case Scope.Window(long back, long ahead, long dilation) ->
          new DistanceScopes.Band(inputs, back, ahead, dilation);
      case Scope.GlobalKeys(String input) ->
          new ColumnScopes.MarkedKeys(keys, inputs.globalKeys(input));
      case Scope.GlobalQueries(String input) ->
          new DistanceScopes.MarkedQueries(inputs, inputs.globalQueries(input));
      case Scope.Strided(long stride) -> new DistanceScopes.Residues(inputs, stride);
      case Scope.Summaries(long stride, long count) ->
          new ColumnScopes.Summary(keys, stride, count);
      case Scope.BlockWindow(long block, long back, long ahead) ->
          new BlockScopes.BlockBand(inputs, block, back, ahead);
      case Scope.GlobalBlocks(long block, List<Long> ids) ->
          new BlockScopes.MarkedBlocks(
              inputs, block, ids.stream().mapToLong(Long::longValue).sorted().toArray());
      case Scope.KeyBlocks(long block, LongTensor table) ->
          new BlockScopes.BlockTable(inputs, block, table);
      case Scope.Lengths(String input) -> new ColumnScopes.Prefix(keys, inputs.lengths(input));
      case Scope.Packed(String input) -> new BlockScopes.Sequences(inputs, inputs.offsets(input));
      case Scope.Mask(String input) -> {
        BooleanTensor mask = inputs.mask(input);
        Broadcast at = inputs.broadcast(input, mask);
        yield at.query() == 0
            ? new ColumnScopes.MaskedKeys(keys, mask, at)
            : new ColumnScopes.MaskedPairs(keys, mask, at);
      }
      case Scope.PerHead(List<Scope> scopes) -> new CompositeScopes.PerHead(all(scopes, inputs));
      case Scope.And(List<Scope> scopes) -> new CompositeScopes.All(all(scopes, inputs), keys);
      case Scope.Or(List<Scope> scopes) -> new CompositeScopes.Any(all(scopes, inputs));
      case Scope.Not(Scope inner) -> new CompositeScopes.Inverse(of(inner, inputs), keys);
    };
  }

  private static ScopeTiles[] all(List<Scope> scopes, PairwiseInputs inputs) {
    return scopes.stream().map(scope -> of(scope, inputs)).toArray(ScopeTiles[]::new);
  }

  /// Finds the keys that some of the queries may attend (at least those) and that all of them may
  /// (at most those).
  abstract void ranges(
      int batch, int head, int first, int count, Intervals some, Intervals every, Scratch scratch);

  /// Sets bit $i$ of `bits[at + n]` where query `first + i` may attend `keys[n]`, for `count`
  /// queries, at most 64; clears the bits above.
  abstract void fill(
      int batch,
      int head,
      int first,
      int count,
      int[] keys,
      int length,
      long[] bits,
      Scratch scratch);

  /// Working sets of the compositions, one per depth of nesting.
  static final class Scratch {
    private Intervals[] intervals = new Intervals[0];
    private long[][] bits = new long[0][];
    private int usedIntervals;
    private int usedBits;

    Intervals takeIntervals() {
      if (usedIntervals == intervals.length) {
        intervals = Arrays.copyOf(intervals, usedIntervals + 1);
        intervals[usedIntervals] = new Intervals();
      }
      return intervals[usedIntervals++];
    }

    void giveIntervals(int number) {
      usedIntervals -= number;
    }

    long[] takeBits(int length) {
      if (usedBits == bits.length) {
        bits = Arrays.copyOf(bits, usedBits + 1);
        bits[usedBits] = new long[length];
      }
      if (bits[usedBits].length < length) {
        bits[usedBits] = new long[length];
      }
      return bits[usedBits++];
    }

    void giveBits() {
      usedBits--;
    }
  }

  /// The lowest `count` bits.
  static long lowest(long count) {
    return count <= 0 ? 0 : count >= 64 ? -1L : (1L << count) - 1;
  }

  /// Bits `from` to `to` − 1, either of which may lie outside 0 to 64.
  static long between(long from, long to) {
    return from >= to ? 0 : lowest(to) & ~lowest(from);
  }

  /// $a + b$, held within what positions can be: sums of unlimited windows do not wrap around.
  static long plus(long a, long b) {
    long limit = Long.MAX_VALUE / 4;
    return Math.clamp(Math.clamp(a, -limit, limit) + Math.clamp(b, -limit, limit), -limit, limit);
  }

  /// Bits `first`, `first + step`, …
  static long every(long step, long first) {
    long bits = 0;
    for (long i = first; i < 64; i += step) {
      bits |= 1L << i;
    }
    return bits;
  }

  /// Every key.
  static class Keys extends ScopeTiles {
    final int keys;

    Keys(int keys) {
      this.keys = keys;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      some.set(0, keys, keys);
      every.set(0, keys, keys);
    }

    @Override
    void fill(
        int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch scratch) {
      Arrays.fill(bits, 0, length, lowest(count));
    }
  }

  /// Keys that all queries see or none does.
  abstract static class Columns extends Keys {
    Columns(int keys) {
      super(keys);
    }

    abstract void list(int b, int h, Intervals into);

    abstract boolean has(int b, int h, int key);

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      list(b, h, some.clear());
      every.set(some);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long all = lowest(count);
      for (int n = 0; n < length; n++) {
        bits[n] = has(b, h, at[n]) ? all : 0;
      }
    }

    void listMarked(int b, int h, Intervals into) {
      for (int key = 0; key < keys; ) {
        if (!has(b, h, key)) {
          key++;
          continue;
        }
        int from = key;
        do {
          key++;
        } while (key < keys && has(b, h, key));
        into.add(from, key, keys);
      }
    }
  }

  /// Keys that are reached from the position $p$ of the query.
  abstract static class Positioned extends Keys {
    final PairwiseInputs inputs;

    Positioned(PairwiseInputs inputs) {
      super(inputs.keys());
      this.inputs = inputs;
    }
  }
}
