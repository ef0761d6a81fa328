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
      case Scope.Causal() -> new Band(inputs, Scope.UNBOUNDED, 0, 1);
      case Scope.Window(long back, long ahead, long dilation) ->
          new Band(inputs, back, ahead, dilation);
      case Scope.GlobalKeys(String input) -> new MarkedKeys(keys, inputs.globalKeys(input));
      case Scope.GlobalQueries(String input) ->
          new MarkedQueries(inputs, inputs.globalQueries(input));
      case Scope.Strided(long stride) -> new Residues(inputs, stride);
      case Scope.Summaries(long stride, long count) -> new Summary(keys, stride, count);
      case Scope.BlockWindow(long block, long back, long ahead) ->
          new BlockBand(inputs, block, back, ahead);
      case Scope.GlobalBlocks(long block, List<Long> ids) ->
          new MarkedBlocks(
              inputs, block, ids.stream().mapToLong(Long::longValue).sorted().toArray());
      case Scope.KeyBlocks(long block, LongTensor table) -> new BlockTable(inputs, block, table);
      case Scope.Lengths(String input) -> new Prefix(keys, inputs.lengths(input));
      case Scope.Packed(String input) -> new Sequences(inputs, inputs.offsets(input));
      case Scope.Mask(String input) -> {
        BooleanTensor mask = inputs.mask(input);
        Broadcast at = inputs.broadcast(input, mask);
        yield at.query() == 0 ? new MaskedKeys(keys, mask, at) : new MaskedPairs(keys, mask, at);
      }
      case Scope.PerHead(List<Scope> scopes) -> new PerHead(all(scopes, inputs));
      case Scope.And(List<Scope> scopes) -> new All(all(scopes, inputs), keys);
      case Scope.Or(List<Scope> scopes) -> new Any(all(scopes, inputs));
      case Scope.Not(Scope inner) -> new Inverse(of(inner, inputs), keys);
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

    private Intervals takeIntervals() {
      if (usedIntervals == intervals.length) {
        intervals = Arrays.copyOf(intervals, usedIntervals + 1);
        intervals[usedIntervals] = new Intervals();
      }
      return intervals[usedIntervals++];
    }

    private void giveIntervals(int number) {
      usedIntervals -= number;
    }

    private long[] takeBits(int length) {
      if (usedBits == bits.length) {
        bits = Arrays.copyOf(bits, usedBits + 1);
        bits[usedBits] = new long[length];
      }
      if (bits[usedBits].length < length) {
        bits[usedBits] = new long[length];
      }
      return bits[usedBits++];
    }

    private void giveBits() {
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

  /// Every key.
  private static class Keys extends ScopeTiles {
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
  private abstract static class Columns extends Keys {
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

  private static final class Prefix extends Columns {
    private final long[] lengths;

    Prefix(int keys, long[] lengths) {
      super(keys);
      this.lengths = lengths;
    }

    @Override
    void list(int b, int h, Intervals into) {
      into.add(0, lengths[b], keys);
    }

    @Override
    boolean has(int b, int h, int key) {
      return key < lengths[b];
    }
  }

  private static final class MarkedKeys extends Columns {
    private final BooleanTensor marked;

    MarkedKeys(int keys, BooleanTensor marked) {
      super(keys);
      this.marked = marked;
    }

    @Override
    void list(int b, int h, Intervals into) {
      listMarked(b, h, into);
    }

    @Override
    boolean has(int b, int h, int key) {
      return marked.at((long) b * keys + key);
    }
  }

  private static final class MaskedKeys extends Columns {
    private final BooleanTensor mask;
    private final Broadcast strides;

    MaskedKeys(int keys, BooleanTensor mask, Broadcast strides) {
      super(keys);
      this.mask = mask;
      this.strides = strides;
    }

    @Override
    void list(int b, int h, Intervals into) {
      listMarked(b, h, into);
    }

    @Override
    boolean has(int b, int h, int key) {
      return mask.at(strides.index(b, h, 0, key));
    }
  }

  private static final class Summary extends Columns {
    private final long stride;
    private final long count;

    Summary(int keys, long stride, long count) {
      super(keys);
      this.stride = stride;
      this.count = count;
    }

    @Override
    void list(int b, int h, Intervals into) {
      for (long end = stride; end - count < keys; end += stride) {
        into.add(end - count, end, keys);
        if (end > Integer.MAX_VALUE) {
          break;
        }
      }
    }

    @Override
    boolean has(int b, int h, int key) {
      return key % stride >= stride - count;
    }
  }

  /// A mask with a row for every query.
  private static final class MaskedPairs extends Keys {
    private final BooleanTensor mask;
    private final Broadcast strides;

    MaskedPairs(int keys, BooleanTensor mask, Broadcast strides) {
      super(keys);
      this.mask = mask;
      this.strides = strides;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      some.set(0, keys, keys);
      every.clear();
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      Arrays.fill(bits, 0, length, 0);
      for (int i = 0; i < count; i++) {
        long row = strides.index(b, h, first + i, 0);
        long bit = 1L << i;
        for (int n = 0; n < length; n++) {
          if (mask.at(row + at[n] * strides.key())) {
            bits[n] |= bit;
          }
        }
      }
    }
  }

  /// Keys that are reached from the position $p$ of the query.
  private abstract static class Positioned extends Keys {
    final PairwiseInputs inputs;

    Positioned(PairwiseInputs inputs) {
      super(inputs.keys());
      this.inputs = inputs;
    }
  }

  /// Causal and window scopes: $j = p + t \cdot \text{dilation}$, back ≤ t ≤ ahead.
  private static final class Band extends Positioned {
    private final long back;
    private final long ahead;
    private final long dilation;

    Band(PairwiseInputs inputs, long back, long ahead, long dilation) {
      super(inputs);
      this.back = reach(back, dilation);
      this.ahead = reach(ahead, dilation);
      this.dilation = dilation;
    }

    private static long reach(long steps, long dilation) {
      long limit = Long.MAX_VALUE / 4;
      return steps == Scope.UNBOUNDED || steps > limit / dilation ? limit : steps * dilation;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      long low = inputs.position(b, first);
      long high = low + count - 1;
      some.set(plus(low, -back), plus(plus(high, ahead), 1), keys);
      if (dilation == 1) {
        every.set(plus(high, -back), plus(plus(low, ahead), 1), keys);
      } else {
        every.clear();
      }
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long low = inputs.position(b, first);
      long all = lowest(count);
      for (int n = 0; n < length; n++) {
        long own = at[n] - low;
        long row = all & between(plus(own, -ahead), plus(plus(own, back), 1));
        if (dilation > 1) {
          row &= every(dilation, Math.floorMod(own, dilation));
        }
        bits[n] = row;
      }
    }
  }

  /// Bits `first`, `first + step`, …
  private static long every(long step, long first) {
    long bits = 0;
    for (long i = first; i < 64; i += step) {
      bits |= 1L << i;
    }
    return bits;
  }

  private static final class Residues extends Positioned {
    private final long stride;

    Residues(PairwiseInputs inputs, long stride) {
      super(inputs);
      this.stride = stride;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      if (count >= stride) {
        some.set(0, keys, keys);
      } else {
        some.clear();
        long low = Math.floorMod(inputs.position(b, first), stride);
        some.add(low - stride, low - stride + count, keys);
        for (; low < keys; low = plus(low, stride)) {
          some.add(low, low + count, keys);
        }
      }
      if (count == 1 || stride == 1) {
        every.set(some);
      } else {
        every.clear();
      }
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long low = inputs.position(b, first);
      long all = lowest(count);
      for (int n = 0; n < length; n++) {
        bits[n] = all & every(stride, Math.floorMod(at[n] - low, stride));
      }
    }
  }

  private static final class MarkedQueries extends Positioned {
    private final BooleanTensor marked;
    private final long positions;

    MarkedQueries(PairwiseInputs inputs, BooleanTensor marked) {
      super(inputs);
      this.marked = marked;
      this.positions = marked.shape().size(1);
    }

    private long queries(int b, int first, int count) {
      long found = 0;
      for (int i = 0; i < count; i++) {
        long p = inputs.position(b, first + i);
        if (p >= 0 && p < positions && marked.at(b * positions + p)) {
          found |= 1L << i;
        }
      }
      return found;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      long found = queries(b, first, count);
      some.set(0, found == 0 ? 0 : keys, keys);
      every.set(0, found == lowest(count) ? keys : 0, keys);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      Arrays.fill(bits, 0, length, queries(b, first, count));
    }
  }

  private static final class BlockBand extends Positioned {
    private final long block;
    private final long back;
    private final long ahead;

    BlockBand(PairwiseInputs inputs, long block, long back, long ahead) {
      super(inputs);
      this.block = block;
      this.back = back;
      this.ahead = ahead;
    }

    private long start(long blocks) {
      long limit = Long.MAX_VALUE / 4 / block;
      return Math.clamp(blocks, -limit, limit) * block;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      long low = Math.floorDiv(inputs.position(b, first), block);
      long high = Math.floorDiv(inputs.position(b, first + count - 1), block);
      some.set(start(plus(low, -back)), start(plus(plus(high, ahead), 1)), keys);
      every.set(start(plus(high, -back)), start(plus(plus(low, ahead), 1)), keys);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long low = inputs.position(b, first);
      long all = lowest(count);
      for (int n = 0; n < length; n++) {
        long own = at[n] / block;
        long from = start(plus(own, -ahead));
        long to = start(plus(plus(own, back), 1));
        bits[n] = all & between(plus(from, -low), plus(to, -low));
      }
    }
  }

  /// Sequences end to end: neighbours mostly lie in one, so tiles are whole or empty.
  private static final class Sequences extends Positioned {
    private final long[] offsets;

    Sequences(PairwiseInputs inputs, long[] offsets) {
      super(inputs);
      this.offsets = offsets;
    }

    /// The sequence of a position: how many offsets are not above it, less one. −1 before the
    /// first, the last index from the last offset on.
    private int sequence(long position) {
      int low = 0;
      int high = offsets.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (offsets[middle] <= position) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low - 1;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      some.clear();
      every.clear();
      long low = inputs.position(b, first);
      int from = Math.max(0, sequence(low));
      int to = Math.min(offsets.length - 2, sequence(low + count - 1));
      if (from <= to) {
        some.set(offsets[from], offsets[to + 1], keys);
        if (offsets[from] <= low && low + count <= offsets[from + 1]) {
          every.set(some);
        }
      }
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long low = inputs.position(b, first);
      long all = lowest(count);
      long from = 0;
      long to = 0;
      long row = 0;
      for (int n = 0; n < length; n++) {
        if (at[n] < from || at[n] >= to) {
          int own = sequence(at[n]);
          boolean inside = own >= 0 && own < offsets.length - 1;
          from = inside ? offsets[own] : at[n];
          to = inside ? offsets[own + 1] : at[n] + 1L;
          row = inside ? all & between(from - low, to - low) : 0;
        }
        bits[n] = row;
      }
    }
  }

  private static final class MarkedBlocks extends Positioned {
    private final long block;
    private final long[] ids;

    MarkedBlocks(PairwiseInputs inputs, long block, long[] ids) {
      super(inputs);
      this.block = block;
      this.ids = ids;
    }

    private long queries(int b, int first, int count) {
      long found = 0;
      for (int i = 0; i < count; i++) {
        long own = Math.floorDiv(inputs.position(b, first + i), block);
        if (Arrays.binarySearch(ids, own) >= 0) {
          found |= 1L << i;
        }
      }
      return found;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      every.clear();
      for (long id : ids) {
        if (id >= 0 && id <= keys / block) {
          every.add(id * block, plus(id * block, block), keys);
        }
      }
      long found = queries(b, first, count);
      if (found == 0) {
        some.set(every);
      } else {
        some.set(0, keys, keys);
      }
      if (found == lowest(count)) {
        every.set(0, keys, keys);
      }
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long found = queries(b, first, count);
      long all = lowest(count);
      for (int n = 0; n < length; n++) {
        bits[n] = Arrays.binarySearch(ids, at[n] / block) >= 0 ? all : found;
      }
    }
  }

  private static final class BlockTable extends Positioned {
    private final long block;
    private final LongTensor table;
    private final long heads;
    private final long rows;
    private final int count;

    BlockTable(PairwiseInputs inputs, long block, LongTensor table) {
      super(inputs);
      this.block = block;
      this.table = table;
      this.heads = table.shape().size(0);
      this.rows = table.shape().size(1);
      this.count = table.shape().intSize(2);
    }

    /// The rows of the table that list a block of keys, among those from `low` to `high`.
    private boolean lists(int h, long row, long keyBlock) {
      if (row < 0 || row >= rows) {
        return false;
      }
      long from = ((heads == 1 ? 0 : h) * rows + row) * count;
      for (int c = 0; c < count; c++) {
        if (table.at(from + c) == keyBlock) {
          return true;
        }
      }
      return false;
    }

    @Override
    void ranges(int b, int h, int first, int queries, Intervals some, Intervals every, Scratch s) {
      long low = Math.floorDiv(inputs.position(b, first), block);
      long high = Math.floorDiv(inputs.position(b, first + queries - 1), block);
      some.clear();
      every.clear();
      // The smallest listed block above the last one found, until there is none.
      for (long last = -1; ; ) {
        long next = Long.MAX_VALUE;
        for (long row = Math.max(low, 0); row <= Math.min(high, rows - 1); row++) {
          long from = ((heads == 1 ? 0 : h) * rows + row) * count;
          for (int c = 0; c < count; c++) {
            long id = table.at(from + c);
            if (id > last && id < next) {
              next = id;
            }
          }
        }
        if (next > keys / block) {
          return;
        }
        last = next;
        some.add(next * block, plus(next * block, block), keys);
        boolean all = true;
        for (long row = low; all && row <= high; row++) {
          all = lists(h, row, next);
        }
        if (all) {
          every.add(next * block, plus(next * block, block), keys);
        }
      }
    }

    @Override
    void fill(int b, int h, int first, int queries, int[] at, int length, long[] bits, Scratch s) {
      long low = inputs.position(b, first);
      long lowBlock = Math.floorDiv(low, block);
      long highBlock = Math.floorDiv(low + queries - 1, block);
      long all = lowest(queries);
      for (int n = 0; n < length; n++) {
        long keyBlock = at[n] / block;
        if (n > 0 && at[n - 1] / block == keyBlock) {
          bits[n] = bits[n - 1];
          continue;
        }
        long found = 0;
        for (long row = lowBlock; row <= highBlock; row++) {
          if (lists(h, row, keyBlock)) {
            found |= between(row * block - low, plus(row * block, block) - low);
          }
        }
        bits[n] = found & all;
      }
    }
  }

  private static final class PerHead extends ScopeTiles {
    private final ScopeTiles[] scopes;

    PerHead(ScopeTiles[] scopes) {
      this.scopes = scopes;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      scopes[h].ranges(b, h, first, count, some, every, s);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      scopes[h].fill(b, h, first, count, at, length, bits, s);
    }
  }

  private static final class All extends ScopeTiles {
    private final ScopeTiles[] scopes;
    private final int keys;

    All(ScopeTiles[] scopes, int keys) {
      this.scopes = scopes;
      this.keys = keys;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      some.set(0, keys, keys);
      every.set(0, keys, keys);
      Intervals one = s.takeIntervals();
      Intervals other = s.takeIntervals();
      Intervals joined = s.takeIntervals();
      for (ScopeTiles scope : scopes) {
        scope.ranges(b, h, first, count, one, other, s);
        joined.intersection(some, one);
        some.set(joined);
        joined.intersection(every, other);
        every.set(joined);
      }
      s.giveIntervals(3);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long[] more = s.takeBits(length);
      scopes[0].fill(b, h, first, count, at, length, bits, s);
      for (int i = 1; i < scopes.length; i++) {
        scopes[i].fill(b, h, first, count, at, length, more, s);
        for (int n = 0; n < length; n++) {
          bits[n] &= more[n];
        }
      }
      s.giveBits();
    }
  }

  private static final class Any extends ScopeTiles {
    private final ScopeTiles[] scopes;

    Any(ScopeTiles[] scopes) {
      this.scopes = scopes;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      some.clear();
      every.clear();
      Intervals one = s.takeIntervals();
      Intervals other = s.takeIntervals();
      Intervals joined = s.takeIntervals();
      for (ScopeTiles scope : scopes) {
        scope.ranges(b, h, first, count, one, other, s);
        joined.union(some, one);
        some.set(joined);
        joined.union(every, other);
        every.set(joined);
      }
      s.giveIntervals(3);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      long[] more = s.takeBits(length);
      scopes[0].fill(b, h, first, count, at, length, bits, s);
      for (int i = 1; i < scopes.length; i++) {
        scopes[i].fill(b, h, first, count, at, length, more, s);
        for (int n = 0; n < length; n++) {
          bits[n] |= more[n];
        }
      }
      s.giveBits();
    }
  }

  private static final class Inverse extends ScopeTiles {
    private final ScopeTiles scope;
    private final int keys;

    Inverse(ScopeTiles scope, int keys) {
      this.scope = scope;
      this.keys = keys;
    }

    @Override
    void ranges(int b, int h, int first, int count, Intervals some, Intervals every, Scratch s) {
      Intervals one = s.takeIntervals();
      Intervals other = s.takeIntervals();
      scope.ranges(b, h, first, count, one, other, s);
      some.complement(other, keys);
      every.complement(one, keys);
      s.giveIntervals(2);
    }

    @Override
    void fill(int b, int h, int first, int count, int[] at, int length, long[] bits, Scratch s) {
      scope.fill(b, h, first, count, at, length, bits, s);
      long all = lowest(count);
      for (int n = 0; n < length; n++) {
        bits[n] = ~bits[n] & all;
      }
    }
  }
}
