package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
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

  private final Recurrent mechanism;
  private final Set<Capture> captures;

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
    // The state before and after; without a capture it is dropped.
    Tensor last =
        captures.contains(Capture.STATE)
            ? results.tensor(
                RecurrentInputs.STATE, heads.batch(), heads.keyHeads(), keySize, valueSize)
            : Tensor.allocate(heads.batch(), heads.keyHeads(), keySize, valueSize);
    int units = heads.batch() * heads.keyHeads();
    int width = units >= 2 * pool.threads() ? Math.max(1, valueSize) : STRETCH;
    int stretches = Math.max(1, (valueSize + width - 1) / width);
    pool.run(
        units * stretches,
        (task, _) -> {
          int unit = task / stretches;
          int from = task % stretches * width;
          int count = Math.min(width, valueSize - from);
          float[] state = new float[keySize * count];
          long at = (long) unit * keySize * valueSize + from;
          for (int c = 0; in.hasState() && c < keySize; c++) {
            Floats.read(
                inputs.tensor(RecurrentInputs.STATE),
                at + (long) c * valueSize,
                state,
                c * count,
                count);
          }
          steps(in, inputs, unit, from, count, state, output);
          for (int c = 0; c < keySize; c++) {
            Floats.write(state, c * count, count, last, at + (long) c * valueSize);
          }
        });
  }

  private void steps(
      RecurrentInputs in,
      Inputs inputs,
      int unit,
      int from,
      int count,
      float[] state,
      Tensor output) {
    HeadInputs heads = in.heads();
    int keySize = heads.keySize();
    int valueSize = heads.valueSize();
    int length = heads.keys();
    int group = heads.queryHeads() / heads.keyHeads();
    float scale = (float) heads.scale(mechanism.scale());
    float[] k = new float[keySize];
    float[] v = new float[count];
    float[] q = new float[keySize];
    float[] read = new float[count];
    for (int t = 0; t < length; t++) {
      long row = (long) unit * length + t;
      Floats.read(heads.key(), row * keySize, k, 0, keySize);
      Floats.read(heads.value(), row * valueSize + from, v, 0, count);
      if (mechanism.gated()) {
        decay(
            inputs.tensor(RecurrentInputs.DECAY), in.decayPerElement(), row, state, keySize, count);
      }
      if (mechanism.delta()) {
        float beta = inputs.tensor(RecurrentInputs.BETA).at(row);
        times(state, k, read, 1f);
        for (int e = 0; e < count; e++) {
          v[e] = beta * (v[e] - read[e]);
        }
      }
      for (int c = 0; c < keySize; c++) {
        Floats.add(state, c * count, k[c], v, 0, count);
      }
      for (int g = 0; g < group; g++) {
        long query = ((long) unit * group + g) * length + t;
        Floats.read(heads.query(), query * keySize, q, 0, keySize);
        times(state, q, read, scale);
        Floats.write(read, 0, count, output, query * valueSize + from);
      }
    }
  }

  private static void decay(
      Tensor decay, boolean perElement, long row, float[] state, int keySize, int valueSize) {
    for (int c = 0; c < keySize; c++) {
      float factor = (float) Math.exp(decay.at(perElement ? row * keySize + c : row));
      for (int i = c * valueSize; i < (c + 1) * valueSize; i++) {
        state[i] *= factor;
      }
    }
  }

  /// $c\, S^\top x$.
  private static void times(float[] state, float[] x, float[] into, float factor) {
    java.util.Arrays.fill(into, 0f);
    for (int c = 0; c < x.length; c++) {
      Floats.add(into, 0, factor * x[c], state, c * into.length, into.length);
    }
  }
}
