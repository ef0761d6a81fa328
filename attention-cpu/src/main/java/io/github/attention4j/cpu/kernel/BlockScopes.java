package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.Arrays;

/// Scopes of whole blocks of positions, equal ones or sequences end to end.
final class BlockScopes {
  private BlockScopes() {}

  static final class BlockBand extends ScopeTiles.Positioned {
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
  static final class Sequences extends ScopeTiles.Positioned {
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

  static final class MarkedBlocks extends ScopeTiles.Positioned {
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

  static final class BlockTable extends ScopeTiles.Positioned {
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
}
