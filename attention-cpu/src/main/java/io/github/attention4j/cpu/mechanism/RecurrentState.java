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

  private final int keySize;
  private final int count;
  private final float[] s;

  /// A state of zeros.
  ///
  /// @param count value elements
  RecurrentState(int keySize, int count) {
    this.keySize = keySize;
    this.count = count;
    s = new float[keySize * Lanes.roundUp(count, WIDTH)];
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
}
