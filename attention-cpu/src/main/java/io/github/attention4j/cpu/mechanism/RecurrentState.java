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

  /// Steps that go through the state together.
  static final int STEPS = 4;

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

  /// $S_c \leftarrow \gamma_c S_c$ for every row $c$, the factors from `from` on.
  void decay(float[] factors, int from) {
    for (int e = 0; e < count; e += WIDTH) {
      for (int c = 0, at = e * keySize; c < keySize; c++, at += WIDTH) {
        FloatVector factor = FloatVector.broadcast(SPECIES, factors[from + c]);
        FloatVector.fromArray(SPECIES, s, at).mul(factor).intoArray(s, at);
        FloatVector.fromArray(SPECIES, s, at + LENGTH).mul(factor).intoArray(s, at + LENGTH);
      }
    }
  }

  /// $S^\top x$, the vector `x` from `from`, into `into` from `to`.
  void times(float[] x, int from, float[] into, int to) {
    for (int e = 0; e < count; e += WIDTH) {
      FloatVector a = FloatVector.zero(SPECIES);
      FloatVector b = FloatVector.zero(SPECIES);
      for (int c = 0, at = e * keySize; c < keySize; c++, at += WIDTH) {
        FloatVector factor = FloatVector.broadcast(SPECIES, x[from + c]);
        a = FloatVector.fromArray(SPECIES, s, at).fma(factor, a);
        b = FloatVector.fromArray(SPECIES, s, at + LENGTH).fma(factor, b);
      }
      a.intoArray(into, to + e);
      b.intoArray(into, to + e + LENGTH);
    }
  }

  /// $S \leftarrow S + k v^\top$, then $S^\top q$, in one passage.
  ///
  /// @param at where `k` and `q` start
  /// @param to where `v` and the result start
  void addThenTimes(float[] k, float[] v, float[] q, int at, float[] into, int to) {
    for (int e = 0; e < count; e += WIDTH) {
      FloatVector va = FloatVector.fromArray(SPECIES, v, to + e);
      FloatVector vb = FloatVector.fromArray(SPECIES, v, to + e + LENGTH);
      FloatVector a = FloatVector.zero(SPECIES);
      FloatVector b = FloatVector.zero(SPECIES);
      for (int c = 0, row = e * keySize; c < keySize; c++, row += WIDTH) {
        FloatVector key = FloatVector.broadcast(SPECIES, k[at + c]);
        FloatVector query = FloatVector.broadcast(SPECIES, q[at + c]);
        FloatVector sa = key.fma(va, FloatVector.fromArray(SPECIES, s, row));
        FloatVector sb = key.fma(vb, FloatVector.fromArray(SPECIES, s, row + LENGTH));
        sa.intoArray(s, row);
        sb.intoArray(s, row + LENGTH);
        a = sa.fma(query, a);
        b = sb.fma(query, b);
      }
      a.intoArray(into, to + e);
      b.intoArray(into, to + e + LENGTH);
    }
  }

  /// [#times] of [#STEPS] vectors in one passage.
  ///
  /// @param at where the first vector starts, the next ones `step` further each
  /// @param to where the first result starts, the next ones `stride` further each
  void timesFour(float[] x, int at, int step, float[] into, int to, int stride) {
    for (int e = 0; e < count; e += WIDTH) {
      timesFour(x, at, step, e * keySize, into, to + e, stride);
    }
  }

  private void timesFour(
      float[] x, int from, int step, int first, float[] into, int to, int stride) {
    FloatVector o0a = FloatVector.zero(SPECIES);
    FloatVector o0b = FloatVector.zero(SPECIES);
    FloatVector o1a = FloatVector.zero(SPECIES);
    FloatVector o1b = FloatVector.zero(SPECIES);
    FloatVector o2a = FloatVector.zero(SPECIES);
    FloatVector o2b = FloatVector.zero(SPECIES);
    FloatVector o3a = FloatVector.zero(SPECIES);
    FloatVector o3b = FloatVector.zero(SPECIES);
    for (int c = from, at = first; c < from + keySize; c++, at += WIDTH) {
      FloatVector sa = FloatVector.fromArray(SPECIES, s, at);
      FloatVector sb = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      FloatVector factor = FloatVector.broadcast(SPECIES, x[c]);
      o0a = sa.fma(factor, o0a);
      o0b = sb.fma(factor, o0b);
      factor = FloatVector.broadcast(SPECIES, x[c + step]);
      o1a = sa.fma(factor, o1a);
      o1b = sb.fma(factor, o1b);
      factor = FloatVector.broadcast(SPECIES, x[c + 2 * step]);
      o2a = sa.fma(factor, o2a);
      o2b = sb.fma(factor, o2b);
      factor = FloatVector.broadcast(SPECIES, x[c + 3 * step]);
      o3a = sa.fma(factor, o3a);
      o3b = sb.fma(factor, o3b);
    }
    o0a.intoArray(into, to);
    o0b.intoArray(into, to + LENGTH);
    o1a.intoArray(into, to + stride);
    o1b.intoArray(into, to + stride + LENGTH);
    o2a.intoArray(into, to + 2 * stride);
    o2b.intoArray(into, to + 2 * stride + LENGTH);
    o3a.intoArray(into, to + 3 * stride);
    o3b.intoArray(into, to + 3 * stride + LENGTH);
  }

  /// [#addThenTimes] of [#STEPS] steps in one passage: a row of the state is read and written once
  /// for all of them. The same bits as one after the other.
  ///
  /// @param at where `k` and `q` of the first step start, those of the next ones `step` further
  ///   each
  /// @param to where `v` and the result of the first step start, those of the next ones `stride`
  ///   further each
  void addThenTimesFour(
      float[] k, float[] v, float[] q, int at, int step, float[] into, int to, int stride) {
    for (int e = 0; e < count; e += WIDTH) {
      addThenTimes(k, v, q, at, step, e * keySize, into, to + e, stride);
    }
  }

  private void addThenTimes(
      float[] k,
      float[] v,
      float[] q,
      int from,
      int step,
      int first,
      float[] into,
      int to,
      int stride) {
    FloatVector v0a = FloatVector.fromArray(SPECIES, v, to);
    FloatVector v0b = FloatVector.fromArray(SPECIES, v, to + LENGTH);
    FloatVector v1a = FloatVector.fromArray(SPECIES, v, to + stride);
    FloatVector v1b = FloatVector.fromArray(SPECIES, v, to + stride + LENGTH);
    FloatVector v2a = FloatVector.fromArray(SPECIES, v, to + 2 * stride);
    FloatVector v2b = FloatVector.fromArray(SPECIES, v, to + 2 * stride + LENGTH);
    FloatVector v3a = FloatVector.fromArray(SPECIES, v, to + 3 * stride);
    FloatVector v3b = FloatVector.fromArray(SPECIES, v, to + 3 * stride + LENGTH);
    FloatVector o0a = FloatVector.zero(SPECIES);
    FloatVector o0b = FloatVector.zero(SPECIES);
    FloatVector o1a = FloatVector.zero(SPECIES);
    FloatVector o1b = FloatVector.zero(SPECIES);
    FloatVector o2a = FloatVector.zero(SPECIES);
    FloatVector o2b = FloatVector.zero(SPECIES);
    FloatVector o3a = FloatVector.zero(SPECIES);
    FloatVector o3b = FloatVector.zero(SPECIES);
    for (int c = from, at = first; c < from + keySize; c++, at += WIDTH) {
      FloatVector sa = FloatVector.fromArray(SPECIES, s, at);
      FloatVector sb = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      FloatVector key = FloatVector.broadcast(SPECIES, k[c]);
      FloatVector query = FloatVector.broadcast(SPECIES, q[c]);
      sa = key.fma(v0a, sa);
      sb = key.fma(v0b, sb);
      o0a = sa.fma(query, o0a);
      o0b = sb.fma(query, o0b);
      key = FloatVector.broadcast(SPECIES, k[c + step]);
      query = FloatVector.broadcast(SPECIES, q[c + step]);
      sa = key.fma(v1a, sa);
      sb = key.fma(v1b, sb);
      o1a = sa.fma(query, o1a);
      o1b = sb.fma(query, o1b);
      key = FloatVector.broadcast(SPECIES, k[c + 2 * step]);
      query = FloatVector.broadcast(SPECIES, q[c + 2 * step]);
      sa = key.fma(v2a, sa);
      sb = key.fma(v2b, sb);
      o2a = sa.fma(query, o2a);
      o2b = sb.fma(query, o2b);
      key = FloatVector.broadcast(SPECIES, k[c + 3 * step]);
      query = FloatVector.broadcast(SPECIES, q[c + 3 * step]);
      sa = key.fma(v3a, sa);
      sb = key.fma(v3b, sb);
      o3a = sa.fma(query, o3a);
      o3b = sb.fma(query, o3b);
      sa.intoArray(s, at);
      sb.intoArray(s, at + LENGTH);
    }
    o0a.intoArray(into, to);
    o0b.intoArray(into, to + LENGTH);
    o1a.intoArray(into, to + stride);
    o1b.intoArray(into, to + stride + LENGTH);
    o2a.intoArray(into, to + 2 * stride);
    o2b.intoArray(into, to + 2 * stride + LENGTH);
    o3a.intoArray(into, to + 3 * stride);
    o3b.intoArray(into, to + 3 * stride + LENGTH);
  }

  /// [#addThenTimesFour] with a [#decay] before each step, the factors where the keys are.
  void decayThenAddThenTimesFour(
      float[] factors,
      float[] k,
      float[] v,
      float[] q,
      int at,
      int step,
      float[] into,
      int to,
      int stride) {
    for (int e = 0; e < count; e += WIDTH) {
      decayThenAddThenTimes(k, v, q, factors, at, step, e * keySize, into, to + e, stride);
    }
  }

  private void decayThenAddThenTimes(
      float[] k,
      float[] v,
      float[] q,
      float[] factors,
      int from,
      int step,
      int first,
      float[] into,
      int to,
      int stride) {
    FloatVector v0a = FloatVector.fromArray(SPECIES, v, to);
    FloatVector v0b = FloatVector.fromArray(SPECIES, v, to + LENGTH);
    FloatVector v1a = FloatVector.fromArray(SPECIES, v, to + stride);
    FloatVector v1b = FloatVector.fromArray(SPECIES, v, to + stride + LENGTH);
    FloatVector v2a = FloatVector.fromArray(SPECIES, v, to + 2 * stride);
    FloatVector v2b = FloatVector.fromArray(SPECIES, v, to + 2 * stride + LENGTH);
    FloatVector v3a = FloatVector.fromArray(SPECIES, v, to + 3 * stride);
    FloatVector v3b = FloatVector.fromArray(SPECIES, v, to + 3 * stride + LENGTH);
    FloatVector o0a = FloatVector.zero(SPECIES);
    FloatVector o0b = FloatVector.zero(SPECIES);
    FloatVector o1a = FloatVector.zero(SPECIES);
    FloatVector o1b = FloatVector.zero(SPECIES);
    FloatVector o2a = FloatVector.zero(SPECIES);
    FloatVector o2b = FloatVector.zero(SPECIES);
    FloatVector o3a = FloatVector.zero(SPECIES);
    FloatVector o3b = FloatVector.zero(SPECIES);
    for (int c = from, at = first; c < from + keySize; c++, at += WIDTH) {
      FloatVector sa = FloatVector.fromArray(SPECIES, s, at);
      FloatVector sb = FloatVector.fromArray(SPECIES, s, at + LENGTH);
      FloatVector factor = FloatVector.broadcast(SPECIES, factors[c]);
      FloatVector key = FloatVector.broadcast(SPECIES, k[c]);
      FloatVector query = FloatVector.broadcast(SPECIES, q[c]);
      sa = key.fma(v0a, sa.mul(factor));
      sb = key.fma(v0b, sb.mul(factor));
      o0a = sa.fma(query, o0a);
      o0b = sb.fma(query, o0b);
      factor = FloatVector.broadcast(SPECIES, factors[c + step]);
      key = FloatVector.broadcast(SPECIES, k[c + step]);
      query = FloatVector.broadcast(SPECIES, q[c + step]);
      sa = key.fma(v1a, sa.mul(factor));
      sb = key.fma(v1b, sb.mul(factor));
      o1a = sa.fma(query, o1a);
      o1b = sb.fma(query, o1b);
      factor = FloatVector.broadcast(SPECIES, factors[c + 2 * step]);
      key = FloatVector.broadcast(SPECIES, k[c + 2 * step]);
      query = FloatVector.broadcast(SPECIES, q[c + 2 * step]);
      sa = key.fma(v2a, sa.mul(factor));
      sb = key.fma(v2b, sb.mul(factor));
      o2a = sa.fma(query, o2a);
      o2b = sb.fma(query, o2b);
      factor = FloatVector.broadcast(SPECIES, factors[c + 3 * step]);
      key = FloatVector.broadcast(SPECIES, k[c + 3 * step]);
      query = FloatVector.broadcast(SPECIES, q[c + 3 * step]);
      sa = key.fma(v3a, sa.mul(factor));
      sb = key.fma(v3b, sb.mul(factor));
      o3a = sa.fma(query, o3a);
      o3b = sb.fma(query, o3b);
      sa.intoArray(s, at);
      sb.intoArray(s, at + LENGTH);
    }
    o0a.intoArray(into, to);
    o0b.intoArray(into, to + LENGTH);
    o1a.intoArray(into, to + stride);
    o1b.intoArray(into, to + stride + LENGTH);
    o2a.intoArray(into, to + 2 * stride);
    o2b.intoArray(into, to + 2 * stride + LENGTH);
    o3a.intoArray(into, to + 3 * stride);
    o3b.intoArray(into, to + 3 * stride + LENGTH);
  }
}
