package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.RecurrentInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;

/// [Recurrent], step by step with the state of a head in the cache: a task per key head, or, where
/// heads are fewer than threads can use, per stretch of its value elements.
///
/// Columns of the state never meet: what a column reads, forgets and adds is its own. So cutting
/// between them changes no bit.
final class RecurrentKernel implements Computation {
  /// Value elements of a task: two vectors of 512 bits.
  private static final int STRETCH = 32;

  /// Rows that are copied at once.
  private static final int STEPS = 16;

  private final Recurrent mechanism;
  private final Set<Capture> captures;
  private final Scratch scratch = new Scratch();

  RecurrentKernel(Recurrent mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    RecurrentInputs in = new RecurrentInputs(mechanism, inputs);
    HeadInputs heads = in.heads();
    Tensor output =
        results.tensor(
            Result.OUTPUT, heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    int keySize = heads.keySize();
    int valueSize = heads.valueSize();
    // Without a capture the last state is dropped.
    Tensor last =
        captures.contains(Capture.STATE)
            ? results.tensor(
                RecurrentInputs.STATE, heads.batch(), heads.keyHeads(), keySize, valueSize)
            : null;
    int units = heads.batch() * heads.keyHeads();
    int width = units >= 2 * pool.threads() ? Math.max(1, valueSize) : STRETCH;
    int stretches = Math.max(1, (valueSize + width - 1) / width);
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          units * stretches,
          (task, worker) -> {
            Scratch.Worker own = workers[worker];
            own.rewind();
            int unit = task / stretches;
            int from = task % stretches * width;
            int count = Math.min(width, valueSize - from);
            RecurrentState state = new RecurrentState(keySize, count, own);
            long at = (long) unit * keySize * valueSize + from;
            if (in.hasState()) {
              state.read(inputs.tensor(RecurrentInputs.STATE), at, valueSize);
            }
            steps(in, inputs, unit, from, count, state, output, own);
            if (last != null) {
              state.write(last, at, valueSize);
            }
          });
    } finally {
      scratch.give(workers);
    }
  }

  /// All steps of a stretch; rows come and go [#STEPS] at a time.
  private void steps(
      RecurrentInputs in,
      Inputs inputs,
      int unit,
      int from,
      int count,
      RecurrentState state,
      Tensor output,
      Scratch.Worker own) {
    HeadInputs heads = in.heads();
    int keySize = heads.keySize();
    int valueSize = heads.valueSize();
    int length = heads.keys();
    int group = heads.queryHeads() / heads.keyHeads();
    int stride = Lanes.roundUp(count, RecurrentState.WIDTH);
    float scale = (float) heads.scale(mechanism.scale());
    Tensor decay = mechanism.gated() ? inputs.tensor(RecurrentInputs.DECAY) : heads.key();
    Tensor beta = mechanism.delta() ? inputs.tensor(RecurrentInputs.BETA) : heads.key();
    float[] k = own.zeros(STEPS * keySize);
    float[] v = own.zeros(STEPS * stride);
    float[] q = own.zeros(STEPS * keySize);
    float[] out = own.zeros(STEPS * stride);
    float[] others = own.zeros(group > 1 ? (group - 1) * STEPS * keySize : 0);
    float[] otherOut = own.zeros(group > 1 ? (group - 1) * STEPS * stride : 0);
    float[] read = own.zeros(stride);
    float[] factors = own.zeros(keySize);
    for (int t = 0; t < length; t += STEPS) {
      int steps = Math.min(STEPS, length - t);
      long row = (long) unit * length + t;
      Floats.read(heads.key(), row * keySize, k, 0, steps * keySize);
      readStretch(heads.value(), row, valueSize, from, count, v, steps, stride);
      long query = (long) unit * group * length + t;
      readScaled(heads.query(), query * keySize, q, 0, steps * keySize, scale);
      for (int g = 1; g < group; g++) {
        long other = (query + (long) g * length) * keySize;
        readScaled(heads.query(), other, others, (g - 1) * STEPS * keySize, steps * keySize, scale);
      }
      int i = 0;
      if (!mechanism.gated() && !mechanism.delta() && group == 1) {
        // Nothing between two steps needs the state.
        for (; i + RecurrentState.TOGETHER <= steps; i += RecurrentState.TOGETHER) {
          state.addThenTimesTogether(k, v, q, i * keySize, out, i * stride, stride);
        }
      }
      for (; i < steps; i++) {
        if (mechanism.gated()) {
          for (int c = 0; c < keySize; c++) {
            long at = in.decayPerElement() ? (row + i) * keySize + c : row + i;
            factors[c] = (float) Math.exp(decay.at(at));
          }
          state.decay(factors);
        }
        if (mechanism.delta()) {
          state.times(k, i * keySize, read, 0);
          float share = beta.at(row + i);
          for (int e = 0, at = i * stride; e < count; e++, at++) {
            v[at] = share * (v[at] - read[e]);
          }
        }
        state.addThenTimes(k, v, q, i * keySize, out, i * stride);
        for (int g = 0; g < group - 1; g++) {
          int at = g * STEPS + i;
          state.times(others, at * keySize, otherOut, at * stride);
        }
      }
      writeStretch(out, 0, steps, stride, count, output, query, valueSize, from);
      for (int g = 1; g < group; g++) {
        long other = query + (long) g * length;
        int at = (g - 1) * STEPS * stride;
        writeStretch(otherOut, at, steps, stride, count, output, other, valueSize, from);
      }
    }
  }

  private static void readScaled(
      Tensor from, long index, float[] into, int at, int count, float factor) {
    Floats.read(from, index, into, at, count);
    for (int i = at; i < at + count; i++) {
      into[i] *= factor;
    }
  }

  /// Elements `from` to `from + count` − 1 of neighbouring rows.
  private static void readStretch(
      Tensor rows, long row, int size, int from, int count, float[] into, int steps, int stride) {
    if (size == stride) {
      Floats.read(rows, row * size, into, 0, steps * size);
      return;
    }
    for (int i = 0; i < steps; i++) {
      Floats.read(rows, (row + i) * size + from, into, i * stride, count);
    }
  }

  private static void writeStretch(
      float[] rows,
      int at,
      int steps,
      int stride,
      int count,
      Tensor into,
      long row,
      int size,
      int from) {
    if (size == stride) {
      Floats.write(rows, at, steps * size, into, row * size);
      return;
    }
    for (int i = 0; i < steps; i++) {
      Floats.write(rows, at + i * stride, count, into, (row + i) * size + from);
    }
  }
}
