package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Lanes;
import jdk.incubator.vector.FloatVector;

/// Neighbouring columns of the state $S$ `[keySize, valueSize]` of a recurrence: for every two
/// vectors of value elements all rows, so that sums over rows stay in registers and a step goes
/// through the state once.
final class RecurrentState {
  /// Value elements side by side.
  static final int WIDTH = 2 * LENGTH;

  /// Steps that may go through the state together.
  static final int TOGETHER = 4;

  private final int keySize;
  private final int count;
  private final float[] s;

  /// A state of zeros.
  ///
  /// @param count value elements
  /// @param own whose arrays it uses until the worker rewinds
  RecurrentState(int keySize, int count, Scratch.Worker own) {
    this.keySize = keySize;
    this.count = count;
    s = own.zeros(keySize * Lanes.roundUp(count, WIDTH));
  }

  /// Copies the columns from index `at` on out of an array of states.
  void read(Tensor from, long at, int valueSize) {
    for (int c = 0; c < keySize; c++) {
      for (int e = 0; e < count; e += WIDTH) {
        Floats.read(
            from, at + (long) c * valueSize + e, s, place(c, e), Math.min(WIDTH, count - e));
      }
    }
  }

  /// Copies the columns into an array of states.
  void write(Tensor into, long at, int valueSize) {
    for (int c = 0; c < keySize; c++) {
      for (int e = 0; e < count; e += WIDTH) {
        Floats.write(
            s, place(c, e), Math.min(WIDTH, count - e), into, at + (long) c * valueSize + e);
      }
    }
  }

  private int place(int c, int e) {
    return e * keySize + c * WIDTH;
  }

  /// $S_c \leftarrow \gamma_c S_c$ for every row $c$.
  void decay(float[] factors) {
    for (int e = 0; e < count; e += WIDTH) {
      for (int c = 0, at = e * keySize; c < keySize; c++, at += WIDTH) {
        FloatVector factor = FloatVector.broadcast(SPECIES, factors[c]);
        FloatVector.fromArray(SPECIES, s, at).mul(factor).intoArray(s, at);
        FloatVector.fromArray(SPECIES, s, at + LENGTH).mul(factor).intoArray(s, at + LENGTH);
      }
    }
  }

  /// $S^\top x$, the vector `x` from `from`, into `into` from `to`.
  void times(float[] x, int from, float[] into, int to) {
    for (int e = 0; e < count; e += WIDTH) {
      times(x, from, e * keySize, into, to + e);
    }
  }

  private void times(float[] x, int from, int first, float[] into, int to) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector a2 = a;
    FloatVector b2 = a;
    int at = first;
    int c = 0;
    for (; c + 1 < keySize; c += 2, at += 2 * WIDTH) {
      FloatVector one = FloatVector.broadcast(SPECIES, x[from + c]);
      FloatVector two = FloatVector.broadcast(SPECIES, x[from + c + 1]);
      a = FloatVector.fromArray(SPECIES, s, at).fma(one, a);
      b = FloatVector.fromArray(SPECIES, s, at + LENGTH).fma(one, b);
      a2 = FloatVector.fromArray(SPECIES, s, at + 2 * LENGTH).fma(two, a2);
      b2 = FloatVector.fromArray(SPECIES, s, at + 3 * LENGTH).fma(two, b2);
    }
    if (c < keySize) {
      FloatVector one = FloatVector.broadcast(SPECIES, x[from + c]);
      a = FloatVector.fromArray(SPECIES, s, at).fma(one, a);
      b = FloatVector.fromArray(SPECIES, s, at + LENGTH).fma(one, b);
    }
    a.add(a2).intoArray(into, to);
    b.add(b2).intoArray(into, to + LENGTH);
  }

  /// $S \leftarrow S + k v^\top$, then $S^\top q$, in one passage.
  ///
  /// @param at where `k` and `q` start
  /// @param to where `v` and the result start
  void addThenTimes(float[] k, float[] v, float[] q, int at, float[] into, int to) {
    for (int e = 0; e < count; e += WIDTH) {
      addThenTimes(k, v, q, at, e * keySize, into, to + e);
    }
  }

  private void addThenTimes(
      float[] k, float[] v, float[] q, int from, int first, float[] into, int to) {
    FloatVector va = FloatVector.fromArray(SPECIES, v, to);
    FloatVector vb = FloatVector.fromArray(SPECIES, v, to + LENGTH);
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector a2 = a;
    FloatVector b2 = a;
    int at = first;
    int c = 0;
    for (; c + 1 < keySize; c += 2, at += 2 * WIDTH) {
      FloatVector k1 = FloatVector.broadcast(SPECIES, k[from + c]);
      FloatVector k2 = FloatVector.broadcast(SPECIES, k[from + c + 1]);
      FloatVector q1 = FloatVector.broadcast(SPECIES, q[from + c]);
      FloatVector q2 = FloatVector.broadcast(SPECIES, q[from + c + 1]);
      FloatVector s1 = k1.fma(va, FloatVector.fromArray(SPECIES, s, at));
      FloatVector s2 = k1.fma(vb, FloatVector.fromArray(SPECIES, s, at + LENGTH));
      FloatVector s3 = k2.fma(va, FloatVector.fromArray(SPECIES, s, at + 2 * LENGTH));
      FloatVector s4 = k2.fma(vb, FloatVector.fromArray(SPECIES, s, at + 3 * LENGTH));
      s1.intoArray(s, at);
      s2.intoArray(s, at + LENGTH);
      s3.intoArray(s, at + 2 * LENGTH);
      s4.intoArray(s, at + 3 * LENGTH);
      a = s1.fma(q1, a);
      b = s2.fma(q1, b);
      a2 = s3.fma(q2, a2);
      b2 = s4.fma(q2, b2);
    }
    if (c < keySize) {
      FloatVector k1 = FloatVector.broadcast(SPECIES, k[from + c]);
      FloatVector q1 = FloatVector.broadcast(SPECIES, q[from + c]);
      FloatVector s1 = k1.fma(va, FloatVector.fromArray(SPECIES, s, at));
      FloatVector s2 = k1.fma(vb, FloatVector.fromArray(SPECIES, s, at + LENGTH));
      s1.intoArray(s, at);
      s2.intoArray(s, at + LENGTH);
      a = s1.fma(q1, a);
      b = s2.fma(q1, b);
    }
    a.add(a2).intoArray(into, to);
    b.add(b2).intoArray(into, to + LENGTH);
  }

  /// [#addThenTimes(float[], float[], float[], int, float[], int)] of [#TOGETHER] steps in one
  /// passage: a row of the state is read and written once for all of them. The same bits as one
  /// after the other.
  ///
  /// @param at where `k` and `q` of the first step start, those of the next `keySize` further
  /// @param to where `v` and the result of the first step start, those of the next `stride` further
  void addThenTimesTogether(
      float[] k, float[] v, float[] q, int at, float[] into, int to, int stride) {
    for (int e = 0; e < count; e += WIDTH) {
      together(k, v, q, at, e * keySize, into, to + e, stride);
    }
  }

  private void together(
      float[] k, float[] v, float[] q, int from, int first, float[] into, int to, int stride) {
    FloatVector v0a = FloatVector.fromArray(SPECIES, v, to);
    FloatVector v0b = FloatVector.fromArray(SPECIES, v, to + LENGTH);
    FloatVector v1a = FloatVector.fromArray(SPECIES, v, to + stride);
    FloatVector v1b = FloatVector.fromArray(SPECIES, v, to + stride + LENGTH);
    FloatVector v2a = FloatVector.fromArray(SPECIES, v, to + 2 * stride);
    FloatVector v2b = FloatVector.fromArray(SPECIES, v, to + 2 * stride + LENGTH);
    FloatVector v3a = FloatVector.fromArray(SPECIES, v, to + 3 * stride);
    FloatVector v3b = FloatVector.fromArray(SPECIES, v, to + 3 * stride + LENGTH);
    FloatVector o0a = FloatVector.zero(SPECIES);
    FloatVector o0a2 = FloatVector.zero(SPECIES);
    FloatVector o0b = FloatVector.zero(SPECIES);
    FloatVector o0b2 = FloatVector.zero(SPECIES);
    FloatVector o1a = FloatVector.zero(SPECIES);
    FloatVector o1a2 = FloatVector.zero(SPECIES);
    FloatVector o1b = FloatVector.zero(SPECIES);
    FloatVector o1b2 = FloatVector.zero(SPECIES);
    FloatVector o2a = FloatVector.zero(SPECIES);
    FloatVector o2a2 = FloatVector.zero(SPECIES);
    FloatVector o2b = FloatVector.zero(SPECIES);
    FloatVector o2b2 = FloatVector.zero(SPECIES);
    FloatVector o3a = FloatVector.zero(SPECIES);
    FloatVector o3a2 = FloatVector.zero(SPECIES);
    FloatVector o3b = FloatVector.zero(SPECIES);
    FloatVector o3b2 = FloatVector.zero(SPECIES);
    int r0 = from;
    int r1 = from + keySize;
    int r2 = from + 2 * keySize;
    int r3 = from + 3 * keySize;
    int at = first;
    int c = 0;
    for (; c + 1 < keySize; c += 2, at += 2 * WIDTH) {
      FloatVector sa = FloatVector.fromArray(SPECIES, s, at);
      FloatVector sb = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      FloatVector key = FloatVector.broadcast(SPECIES, k[r0 + c]);
      FloatVector query = FloatVector.broadcast(SPECIES, q[r0 + c]);
      sa = key.fma(v0a, sa);
      sb = key.fma(v0b, sb);
      o0a = sa.fma(query, o0a);
      o0b = sb.fma(query, o0b);
      key = FloatVector.broadcast(SPECIES, k[r1 + c]);
      query = FloatVector.broadcast(SPECIES, q[r1 + c]);
      sa = key.fma(v1a, sa);
      sb = key.fma(v1b, sb);
      o1a = sa.fma(query, o1a);
      o1b = sb.fma(query, o1b);
      key = FloatVector.broadcast(SPECIES, k[r2 + c]);
      query = FloatVector.broadcast(SPECIES, q[r2 + c]);
      sa = key.fma(v2a, sa);
      sb = key.fma(v2b, sb);
      o2a = sa.fma(query, o2a);
      o2b = sb.fma(query, o2b);
      key = FloatVector.broadcast(SPECIES, k[r3 + c]);
      query = FloatVector.broadcast(SPECIES, q[r3 + c]);
      sa = key.fma(v3a, sa);
      sb = key.fma(v3b, sb);
      o3a = sa.fma(query, o3a);
      o3b = sb.fma(query, o3b);
      sa.intoArray(s, at);
      sb.intoArray(s, at + LENGTH);
      sa = FloatVector.fromArray(SPECIES, s, at + 2 * LENGTH);
      sb = FloatVector.fromArray(SPECIES, s, at + 3 * LENGTH);
      key = FloatVector.broadcast(SPECIES, k[r0 + c + 1]);
      query = FloatVector.broadcast(SPECIES, q[r0 + c + 1]);
      sa = key.fma(v0a, sa);
      sb = key.fma(v0b, sb);
      o0a2 = sa.fma(query, o0a2);
      o0b2 = sb.fma(query, o0b2);
      key = FloatVector.broadcast(SPECIES, k[r1 + c + 1]);
      query = FloatVector.broadcast(SPECIES, q[r1 + c + 1]);
      sa = key.fma(v1a, sa);
      sb = key.fma(v1b, sb);
      o1a2 = sa.fma(query, o1a2);
      o1b2 = sb.fma(query, o1b2);
      key = FloatVector.broadcast(SPECIES, k[r2 + c + 1]);
      query = FloatVector.broadcast(SPECIES, q[r2 + c + 1]);
      sa = key.fma(v2a, sa);
      sb = key.fma(v2b, sb);
      o2a2 = sa.fma(query, o2a2);
      o2b2 = sb.fma(query, o2b2);
      key = FloatVector.broadcast(SPECIES, k[r3 + c + 1]);
      query = FloatVector.broadcast(SPECIES, q[r3 + c + 1]);
      sa = key.fma(v3a, sa);
      sb = key.fma(v3b, sb);
      o3a2 = sa.fma(query, o3a2);
      o3b2 = sb.fma(query, o3b2);
      sa.intoArray(s, at + 2 * LENGTH);
      sb.intoArray(s, at + 3 * LENGTH);
    }
    if (c < keySize) {
      FloatVector sa = FloatVector.fromArray(SPECIES, s, at);
      FloatVector sb = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      FloatVector key = FloatVector.broadcast(SPECIES, k[r0 + c]);
      FloatVector query = FloatVector.broadcast(SPECIES, q[r0 + c]);
      sa = key.fma(v0a, sa);
      sb = key.fma(v0b, sb);
      o0a = sa.fma(query, o0a);
      o0b = sb.fma(query, o0b);
      key = FloatVector.broadcast(SPECIES, k[r1 + c]);
      query = FloatVector.broadcast(SPECIES, q[r1 + c]);
      sa = key.fma(v1a, sa);
      sb = key.fma(v1b, sb);
      o1a = sa.fma(query, o1a);
      o1b = sb.fma(query, o1b);
      key = FloatVector.broadcast(SPECIES, k[r2 + c]);
      query = FloatVector.broadcast(SPECIES, q[r2 + c]);
      sa = key.fma(v2a, sa);
      sb = key.fma(v2b, sb);
      o2a = sa.fma(query, o2a);
      o2b = sb.fma(query, o2b);
      key = FloatVector.broadcast(SPECIES, k[r3 + c]);
      query = FloatVector.broadcast(SPECIES, q[r3 + c]);
      sa = key.fma(v3a, sa);
      sb = key.fma(v3b, sb);
      o3a = sa.fma(query, o3a);
      o3b = sb.fma(query, o3b);
      sa.intoArray(s, at);
      sb.intoArray(s, at + LENGTH);
    }
    o0a.add(o0a2).intoArray(into, to);
    o0b.add(o0b2).intoArray(into, to + LENGTH);
    o1a.add(o1a2).intoArray(into, to + stride);
    o1b.add(o1b2).intoArray(into, to + stride + LENGTH);
    o2a.add(o2a2).intoArray(into, to + 2 * stride);
    o2b.add(o2b2).intoArray(into, to + 2 * stride + LENGTH);
    o3a.add(o3a2).intoArray(into, to + 3 * stride);
    o3b.add(o3b2).intoArray(into, to + 3 * stride + LENGTH);
  }
}
