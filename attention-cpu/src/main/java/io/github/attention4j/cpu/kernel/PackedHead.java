package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.incubator.vector.FloatVector;

/// The stage *pack*: the keys and values of one head, row after row; transformed, or the caller's
/// own where they are.
///
/// A value with NaN or infinity is packed as zeros and marked: a weight of 0 times it would be NaN,
/// so such values are added one by one, for the queries that give them weight.
final class PackedHead {
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /// Keys, `[keys][depth]` from element `kStart`.
  MemorySegment k = MemorySegment.NULL;

  long kStart;
  private MemorySegment packedKeys = MemorySegment.NULL;

  /// Values, `[keys][columns]` from element `vStart`, columns whole vectors: aligned to them, which
  /// an array is not. Packed ones, or where that changes nothing the caller's own.
  MemorySegment v = MemorySegment.NULL;

  int vStart;
  private MemorySegment packedValues = MemorySegment.NULL;

  private boolean[] marked = new boolean[0];
  private volatile boolean anyMarked;

  /// Chunks of keys packed so far, and panels done with.
  final AtomicInteger packed = new AtomicInteger();

  final AtomicInteger used = new AtomicInteger();

  /// Where a worker packs for itself: the unit, the panels that were taken, and those that are
  /// done. A worker that has no unit left takes bunches of others'.
  int unit;

  final AtomicInteger taken = new AtomicInteger(Integer.MAX_VALUE);
  final AtomicInteger done = new AtomicInteger();

  /// Makes room and forgets the marks.
  ///
  /// @param keysInPlace whether keys are not packed
  /// @param valuesInPlace whether values are not packed
  void reserve(int keys, int depth, int columns, boolean keysInPlace, boolean valuesInPlace) {
    if (!keysInPlace && packedKeys.byteSize() < 4L * keys * depth) {
      packedKeys = Arena.ofAuto().allocate(4L * keys * depth, 4L * LENGTH);
    }
    k = packedKeys;
    kStart = 0;
    if (!valuesInPlace && packedValues.byteSize() < 4L * keys * columns) {
      packedValues = Arena.ofAuto().allocate(4L * keys * columns, 4L * LENGTH);
    }
    v = packedValues;
    vStart = 0;
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

  /// Reads the values of a head where they are.
  ///
  /// @param checked elements that must be numbers for that: none, or all of the head's
  /// @return whether they are; otherwise the values have to be packed
  boolean valuesInPlace(Rows rows, int b, int h, int checked) {
    v = rows.segment();
    vStart = (int) rows.index(b, h, 0);
    return finite(4L * vStart, 4L * (vStart + checked));
  }

  /// Packs values `from` to `to` − 1.
  ///
  /// @param check whether some query may leave out some key; otherwise NaN and infinity may spread
  ///   as the formula says
  void values(Rows rows, int b, int h, int from, int to, int size, int columns, boolean check) {
    if (size == columns && rows.row() == size) {
      rows.read(rows.index(b, h, from), v, 4L * from * columns, (to - from) * columns);
    } else {
      PackKernel.rows(
          rows.segment(),
          4 * rows.index(b, h, from),
          4 * rows.row(),
          to - from,
          size,
          v,
          4L * from * columns,
          4L * columns);
    }
    if (check && !finite(4L * from * columns, 4L * to * columns)) {
      for (int key = from; key < to; key++) {
        long at = 4L * key * columns;
        if (!finite(at, at + 4L * columns)) {
          v.asSlice(at, 4L * columns).fill((byte) 0);
          marked[key] = true;
          anyMarked = true;
        }
      }
    }
  }

  private boolean finite(long from, long to) {
    MemorySegment x = v;
    if (!x.isNative()) {
      throw Lanes.notNative();
    }
    FloatVector sum = FloatVector.zero(SPECIES);
    FloatVector sum2 = FloatVector.zero(SPECIES);
    FloatVector sum3 = FloatVector.zero(SPECIES);
    FloatVector sum4 = FloatVector.zero(SPECIES);
    long i = from;
    // Four sums: one would wait for its own addition at every step. Eight vectors at a time keep
    // this method longer than what is inlined: see SoftmaxStage.
    for (; i + 32L * LENGTH <= to; i += 32L * LENGTH) {
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, i, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, i + 4L * LENGTH, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(SPECIES, x, i + 8L * LENGTH, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(SPECIES, x, i + 12L * LENGTH, ORDER);
      FloatVector e = FloatVector.fromMemorySegment(SPECIES, x, i + 16L * LENGTH, ORDER);
      FloatVector f = FloatVector.fromMemorySegment(SPECIES, x, i + 20L * LENGTH, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, x, i + 24L * LENGTH, ORDER);
      FloatVector h = FloatVector.fromMemorySegment(SPECIES, x, i + 28L * LENGTH, ORDER);
      sum = sum.add(a.sub(a));
      sum2 = sum2.add(b.sub(b));
      sum3 = sum3.add(c.sub(c));
      sum4 = sum4.add(d.sub(d));
      sum = sum.add(e.sub(e));
      sum2 = sum2.add(f.sub(f));
      sum3 = sum3.add(g.sub(g));
      sum4 = sum4.add(h.sub(h));
    }
    for (; i < to; i += 4L * LENGTH) {
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, i, ORDER);
      sum = sum.add(a.sub(a));
    }
    // A finite number minus itself is 0, NaN and infinity minus themselves are NaN.
    return sum.add(sum2).add(sum3.add(sum4)).eq(0f).allTrue();
  }

  /// Reads the keys of a head where they are.
  void keysInPlace(Rows rows, int b, int h) {
    k = rows.segment();
    kStart = rows.index(b, h, 0);
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
      PanelStages stages,
      Panel scratch) {
    if (!stage.none()) {
      for (int key = from; key < to; key++) {
        rows.read(rows.index(b, h, key), scratch.vector, 0, size);
        stage.apply(
            scratch.vector, size, scratch.transformed, 0, queryHead, stages.keyPosition(b, key));
        MemorySegment.copy(
            scratch.transformed, 0, k, ValueLayout.JAVA_FLOAT, 4L * key * depth, depth);
      }
    } else if (rows.row() == size) {
      rows.read(rows.index(b, h, from), k, 4L * from * depth, (to - from) * depth);
    } else {
      for (int key = from; key < to; key++) {
        rows.read(rows.index(b, h, key), k, 4L * key * depth, size);
      }
    }
  }
}
