package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.RecurrentInputs;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One walk along a sequence, with some columns of a key head's state.
///
/// Rows come and go [#ROWS] at a time. Where one query reads each step, four steps go through the
/// state together: nobody needs it between them, and what the delta rule asks of it there
/// [DeltaRule] knows beforehand. Steps left over, and those that queries of several heads read, go
/// one by one.
final class RecurrentWalk {
  /// Rows that are copied at once.
  private static final int ROWS = 16;

  private final RecurrentInputs in;
  private final HeadInputs heads;
  private final int from;
  private final int count;
  private final RecurrentState state;
  private final int group;
  private final float scale;
  private final @Nullable Tensor decay;
  private final @Nullable Tensor beta;
  private final @Nullable DeltaRule rule;

  /// Elements from a key or query to the next, zeros behind its last; from a value to the next.
  private final int step;

  private final int stride;
  private final float[] k;
  private final float[] v;
  private final float[] q;
  private final float[] out;

  /// Of the query heads behind the first that reads this key head.
  private final float[] others;

  private final float[] otherOut;
  private final float[] factors;
  private final float[] share;
  private final float[] read;

  /// @param from the first value element
  /// @param count how many there are
  /// @param state the state before the first step, then after the last
  /// @param own whose arrays it uses until the worker rewinds
  RecurrentWalk(
      Recurrent mechanism,
      RecurrentInputs in,
      Inputs inputs,
      int from,
      int count,
      RecurrentState state,
      Scratch.Worker own) {
    this.in = in;
    this.from = from;
    this.count = count;
    this.state = state;
    heads = in.heads();
    group = heads.queryHeads() / heads.keyHeads();
    scale = (float) heads.scale(mechanism.scale());
    decay = mechanism.gated() ? inputs.tensor(RecurrentInputs.DECAY) : null;
    beta = mechanism.delta() ? inputs.tensor(RecurrentInputs.BETA) : null;
    step = Lanes.roundUp(heads.keySize(), Lanes.LENGTH);
    stride = Lanes.roundUp(count, RecurrentState.WIDTH);
    k = own.floats(ROWS * step);
    v = own.zeros(ROWS * stride);
    q = own.floats(ROWS * step);
    out = own.floats(ROWS * stride);
    others = own.floats((group - 1) * ROWS * step);
    otherOut = own.floats((group - 1) * ROWS * stride);
    factors = own.floats(ROWS * step);
    Arrays.fill(factors, 0, ROWS * step, 1f);
    share = own.floats(ROWS);
    read = own.floats(stride);
    rule = beta == null ? null : new DeltaRule(step, stride, own);
  }

  /// Goes along key head `unit`, counted through all batch entries.
  void run(int unit, Tensor output) {
    int length = heads.keys();
    for (int t = 0; t < length; t += ROWS) {
      int rows = Math.min(ROWS, length - t);
      long key = (long) unit * length + t;
      long query = (long) unit * group * length + t;
      read(key, query, rows);
      int i = 0;
      for (; group == 1 && i + RecurrentState.STEPS <= rows; i += RecurrentState.STEPS) {
        four(i);
      }
      for (; i < rows; i++) {
        one(i);
      }
      writeStretch(out, 0, rows, output, query);
      for (int g = 1; g < group; g++) {
        int at = (g - 1) * ROWS * stride;
        writeStretch(otherOut, at, rows, output, query + (long) g * length);
      }
    }
  }

  private void four(int i) {
    if (rule != null) {
      rule.write(state, k, factors, i * step, v, i * stride, share, i);
    }
    if (decay != null) {
      state.decayThenAddThenTimesFour(factors, k, v, q, i * step, step, out, i * stride, stride);
    } else {
      state.addThenTimesFour(k, v, q, i * step, step, out, i * stride, stride);
    }
  }

  private void one(int i) {
    if (decay != null) {
      state.decay(factors, i * step);
    }
    if (rule != null) {
      state.times(k, i * step, read, 0);
      for (int e = 0, at = i * stride; e < count; e++, at++) {
        v[at] = share[i] * (v[at] - read[e]);
      }
    }
    state.addThenTimes(k, v, q, i * step, out, i * stride);
    for (int g = 0; g < group - 1; g++) {
      int at = g * ROWS + i;
      state.times(others, at * step, otherOut, at * stride);
    }
  }

  /// Reads what `rows` steps need, from row `key` of keys and row `query` of queries on.
  private void read(long key, long query, int rows) {
    int keySize = heads.keySize();
    Floats.readRows(heads.key(), key * keySize, k, rows, keySize, step);
    readStretch(key, rows);
    readScaled(query, q, 0, rows);
    for (int g = 1; g < group; g++) {
      readScaled(query + (long) g * heads.keys(), others, (g - 1) * ROWS * step, rows);
    }
    if (decay != null) {
      readFactors(decay, key, rows);
    }
    if (beta != null) {
      Floats.read(beta, key, share, 0, rows);
    }
  }

  /// $\gamma$ of neighbouring steps, for every element of a key.
  private void readFactors(Tensor logarithms, long row, int rows) {
    int keySize = heads.keySize();
    if (!in.decayPerElement()) {
      for (int i = 0; i < rows; i++) {
        float factor = (float) Math.exp(logarithms.at(row + i));
        Arrays.fill(factors, i * step, i * step + keySize, factor);
      }
      return;
    }
    Floats.readRows(logarithms, row * keySize, factors, rows, keySize, step);
    // Each step for itself: a later one must not change the bits of an earlier one.
    for (int at = 0; at < rows * step; at += step) {
      if (Floats.largest(factors, at, step) <= 0) {
        Floats.exponentials(factors, at, step, 0f);
      } else {
        // The state grows, or a decay is NaN.
        for (int c = at; c < at + step; c++) {
          factors[c] = (float) Math.exp(factors[c]);
        }
      }
    }
  }

  private void readScaled(long row, float[] into, int at, int rows) {
    int size = heads.keySize();
    for (int i = 0; i < rows; i++) {
      Floats.read(heads.query(), (row + i) * size, into, at + i * step, size);
    }
    for (int i = at; i < at + rows * step; i++) {
      into[i] *= scale;
    }
  }

  /// Value elements of this walk, of neighbouring rows.
  private void readStretch(long row, int rows) {
    int size = heads.valueSize();
    if (size == stride) {
      Floats.read(heads.value(), row * size, v, 0, rows * size);
      return;
    }
    for (int i = 0; i < rows; i++) {
      Floats.read(heads.value(), (row + i) * size + from, v, i * stride, count);
    }
  }

  private void writeStretch(float[] results, int at, int rows, Tensor into, long row) {
    int size = heads.valueSize();
    if (size == stride) {
      Floats.write(results, at, rows * size, into, row * size);
      return;
    }
    for (int i = 0; i < rows; i++) {
      Floats.write(results, at + i * stride, count, into, (row + i) * size + from);
    }
  }
}
