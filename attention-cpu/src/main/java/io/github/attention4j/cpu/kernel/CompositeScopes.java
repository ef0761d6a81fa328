package io.github.attention4j.cpu.kernel;

/// Scopes made of scopes.
final class CompositeScopes {
  private CompositeScopes() {}

  static final class PerHead extends ScopeTiles {
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

  static final class All extends ScopeTiles {
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

  static final class Any extends ScopeTiles {
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

  static final class Inverse extends ScopeTiles {
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
