package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.incubator.vector.FloatVector;

/// The stage *pack*: the keys and values of one head, transformed, row after row in arrays.
///
/// A value with NaN or infinity is packed as zeros and marked: a weight of 0 times it would be NaN,
/// so such values are added one by one, for the queries that give them weight.
final class PackedHead {
  /// Packed keys, `[keys][depth]`.
  float[] k = new float[0];

  /// Packed values, `[keys][columns]`, columns a multiple of a block.
  float[] v = new float[0];

  private boolean[] marked = new boolean[0];
  private volatile boolean anyMarked;

  /// Chunks of keys packed so far, and panels done with.
  final AtomicInteger packed = new AtomicInteger();

  final AtomicInteger used = new AtomicInteger();

  /// Makes room and forgets the marks.
  void reserve(int keys, int depth, int columns) {
    // A block of rows is read whole, also behind the last key.
    int rows = keys + Lanes.BLOCK;
    if (k.length < rows * depth) {
      k = new float[rows * depth];
    }
    if (v.length < keys * columns) {
      v = new float[keys * columns];
    }
    if (marked.length < keys) {
      marked = new boolean[keys];
    } else if (anyMarked) {
      Arrays.fill(marked, false);
    }
    anyMarked = false;
  }

  /// Whether a value holds NaN or infinity.
  boolean marked(int key) {
    return anyMarked && marked[key];
  }

  /// Whether any value does.
  boolean anyMarked() {
    return anyMarked;
  }

  /// Packs values `from` to `to` − 1.
  ///
  /// @param check whether some query may leave out some key; otherwise NaN and infinity may spread
  ///   as the formula says
  void values(Rows rows, int b, int h, int from, int to, int size, int columns, boolean check) {
    if (size == columns && rows.row() == size) {
      rows.read(rows.index(b, h, from), v, from * columns, (to - from) * columns);
    } else {
      for (int key = from; key < to; key++) {
        rows.read(rows.index(b, h, key), v, key * columns, size);
        Arrays.fill(v, key * columns + size, (key + 1) * columns, 0f);
      }
    }
    if (check && !finite(from * columns, to * columns)) {
      for (int key = from; key < to; key++) {
        if (!finite(key * columns, (key + 1) * columns)) {
          Arrays.fill(v, key * columns, (key + 1) * columns, 0f);
          marked[key] = true;
          anyMarked = true;
        }
      }
    }
  }

  private boolean finite(int from, int to) {
    FloatVector sum = FloatVector.zero(SPECIES);
    FloatVector sum2 = FloatVector.zero(SPECIES);
    FloatVector sum3 = FloatVector.zero(SPECIES);
    FloatVector sum4 = FloatVector.zero(SPECIES);
    int i = from;
    // Four sums: one would wait for its own addition at every step. Eight vectors at a time keep
    // this
    // method longer than what is inlined: see SoftmaxStage.
    for (; i + 8 * LENGTH <= to; i += 8 * LENGTH) {
      FloatVector a = FloatVector.fromArray(SPECIES, v, i);
      FloatVector b = FloatVector.fromArray(SPECIES, v, i + LENGTH);
      FloatVector c = FloatVector.fromArray(SPECIES, v, i + 2 * LENGTH);
      FloatVector d = FloatVector.fromArray(SPECIES, v, i + 3 * LENGTH);
      FloatVector e = FloatVector.fromArray(SPECIES, v, i + 4 * LENGTH);
      FloatVector f = FloatVector.fromArray(SPECIES, v, i + 5 * LENGTH);
      FloatVector g = FloatVector.fromArray(SPECIES, v, i + 6 * LENGTH);
      FloatVector h = FloatVector.fromArray(SPECIES, v, i + 7 * LENGTH);
      sum = sum.add(a.sub(a));
      sum2 = sum2.add(b.sub(b));
      sum3 = sum3.add(c.sub(c));
      sum4 = sum4.add(d.sub(d));
      sum = sum.add(e.sub(e));
      sum2 = sum2.add(f.sub(f));
      sum3 = sum3.add(g.sub(g));
      sum4 = sum4.add(h.sub(h));
    }
    sum = sum.add(sum2).add(sum3.add(sum4));
    boolean finite = true;
    for (; i < to; i++) {
      finite &= Float.isFinite(v[i]);
    }
    // A finite number minus itself is 0, NaN and infinity minus themselves are NaN.
    return finite && sum.eq(0f).allTrue();
  }

  /// Packs keys `from` to `to` − 1.
  void keys(
      Rows rows,
      int b,
      int h,
      int queryHead,
      int from,
      int to,
      int size,
      int depth,
      VectorStage stage,
      PairwiseRun run,
      Panel scratch) {
    if (!stage.none()) {
      for (int key = from; key < to; key++) {
        rows.read(rows.index(b, h, key), scratch.vector, 0, size);
        stage.apply(scratch.vector, size, k, key * depth, queryHead, run.keyPosition(b, key));
      }
    } else if (rows.row() == size) {
      rows.read(rows.index(b, h, from), k, from * depth, (to - from) * depth);
    } else {
      for (int key = from; key < to; key++) {
        rows.read(rows.index(b, h, key), k, key * depth, size);
      }
    }
  }
}
