package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.cpu.plan.Broadcast;
import java.util.Arrays;

/// Scopes that name keys, wherever the query stands: lengths, marks, summaries, masks.
final class ColumnScopes {
  private ColumnScopes() {}

  static final class Prefix extends ScopeTiles.Columns {
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

  static final class MarkedKeys extends ScopeTiles.Columns {
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

  static final class MaskedKeys extends ScopeTiles.Columns {
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

  static final class Summary extends ScopeTiles.Columns {
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
  static final class MaskedPairs extends ScopeTiles.Keys {
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
}
