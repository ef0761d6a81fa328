package io.github.attention4j.cpu.kernel;

import java.util.Arrays;

/// A set of key indices as ascending, disjoint half-open intervals; reused, so it allocates only to
/// grow.
final class Intervals {
  private int[] ends = new int[16];
  private int count;

  /// Makes it empty.
  Intervals clear() {
    count = 0;
    return this;
  }

  /// Makes it `[from, to)`, cut to `[0, keys)`; empty where `to <= from`.
  Intervals set(long from, long to, int keys) {
    count = 0;
    add(from, to, keys);
    return this;
  }

  /// Makes it equal to another set.
  Intervals set(Intervals other) {
    ensure(other.count);
    System.arraycopy(other.ends, 0, ends, 0, 2 * other.count);
    count = other.count;
    return this;
  }

  /// Adds `[from, to)`, cut to `[0, keys)`, which must not start before an interval already there.
  void add(long from, long to, int keys) {
    int a = (int) Math.max(0, Math.min(from, keys));
    int b = (int) Math.max(0, Math.min(to, keys));
    if (a >= b) {
      return;
    }
    if (count > 0 && a <= ends[2 * count - 1]) {
      ends[2 * count - 1] = Math.max(ends[2 * count - 1], b);
      return;
    }
    ensure(count + 1);
    ends[2 * count] = a;
    ends[2 * count + 1] = b;
    count++;
  }

  /// Whether another set holds the same intervals.
  boolean equalTo(Intervals other) {
    return count == other.count
        && Arrays.equals(ends, 0, 2 * count, other.ends, 0, 2 * other.count);
  }

  /// The number of intervals.
  int count() {
    return count;
  }

  /// The first key of an interval.
  int from(int interval) {
    return ends[2 * interval];
  }

  /// The key after the last of an interval.
  int to(int interval) {
    return ends[2 * interval + 1];
  }

  /// Makes it the union of two other sets.
  void union(Intervals a, Intervals b) {
    count = 0;
    for (int i = 0, j = 0; i < a.count || j < b.count; ) {
      boolean first = j == b.count || (i < a.count && a.from(i) <= b.from(j));
      if (first) {
        add(a.from(i), a.to(i), Integer.MAX_VALUE);
        i++;
      } else {
        add(b.from(j), b.to(j), Integer.MAX_VALUE);
        j++;
      }
    }
  }

  /// Makes it the intersection of two other sets.
  void intersection(Intervals a, Intervals b) {
    count = 0;
    for (int i = 0, j = 0; i < a.count && j < b.count; ) {
      add(Math.max(a.from(i), b.from(j)), Math.min(a.to(i), b.to(j)), Integer.MAX_VALUE);
      if (a.to(i) <= b.to(j)) {
        i++;
      } else {
        j++;
      }
    }
  }

  /// Makes it everything below `keys` that another set leaves out.
  void complement(Intervals other, int keys) {
    count = 0;
    int from = 0;
    for (int i = 0; i < other.count; i++) {
      add(from, other.from(i), keys);
      from = other.to(i);
    }
    add(from, keys, keys);
  }

  private void ensure(int intervals) {
    if (2 * intervals > ends.length) {
      ends = Arrays.copyOf(ends, Math.max(2 * intervals, 2 * ends.length));
    }
  }
}
