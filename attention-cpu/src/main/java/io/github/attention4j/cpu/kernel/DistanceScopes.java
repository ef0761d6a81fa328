package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Scope;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.Arrays;

/// Scopes by the distance from the query's position, or by that position alone.
final class DistanceScopes {
  private DistanceScopes() {}

  /// Causal and window scopes: $j = p + t \cdot \text{dilation}$, back ≤ t ≤ ahead.
  static final class Band extends ScopeTiles.Positioned {
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

  static final class Residues extends ScopeTiles.Positioned {
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

  static final class MarkedQueries extends ScopeTiles.Positioned {
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
}
