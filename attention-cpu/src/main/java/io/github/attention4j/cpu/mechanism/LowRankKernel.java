package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LowRank;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.LowRankInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.RowCaptures;
import java.util.Arrays;
import java.util.Set;

/// [LowRank]: keys and values of each head are projected by one product each, then queries attend
/// to what is left, in chunks.
final class LowRankKernel implements Computation {
  private static final int CHUNK = 64;

  private final LowRank mechanism;
  private final Set<Capture> captures;
  private final float[] keyMatrix;
  private final float[] valueMatrix;
  private final Scratch scratch = new Scratch();

  LowRankKernel(LowRank mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
    keyMatrix = mechanism.keys().toArray();
    valueMatrix = mechanism.values().toArray();
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      run(LowRankInputs.of(mechanism, inputs), results, pool, workers);
    } finally {
      scratch.give(workers);
    }
  }

  private void run(
      LowRankInputs in, ResultArrays results, WorkerPool pool, Scratch.Worker[] workers) {
    HeadInputs heads = in.heads();
    int projected = in.projected();
    Tensor output =
        results.tensor(
            Result.OUTPUT, heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    RowCaptures rows =
        new RowCaptures(
            captures, heads.batch(), heads.queryHeads(), heads.queries(), projected, results);
    boolean stages = captures.contains(Capture.STAGES);
    Tensor kProjected =
        stages
            ? results.tensor(
                "k_projected", heads.batch(), heads.keyHeads(), projected, heads.keySize())
            : Tensor.allocate(0);
    Tensor vProjected =
        stages
            ? results.tensor(
                "v_projected", heads.batch(), heads.keyHeads(), projected, heads.valueSize())
            : Tensor.allocate(0);
    int units = heads.batch() * heads.keyHeads();
    int keyWidth = Lanes.roundUp(projected, LENGTH);
    int valueWidth = Lanes.roundUp(heads.valueSize(), LENGTH);
    Scratch.Worker shared = workers[pool.threads()];
    float[][] k = new float[units][];
    float[][] v = new float[units][];
    for (int unit = 0; unit < units; unit++) {
      k[unit] = shared.zeros(heads.keySize() * keyWidth);
      v[unit] = shared.zeros(projected * valueWidth);
    }
    // The two projections of a head are tasks of their own.
    pool.run(
        2 * units,
        (task, worker) -> {
          Scratch.Worker own = workers[worker];
          own.rewind();
          int unit = task / 2;
          int valid = in.scope().keys(unit / heads.keyHeads());
          if (task % 2 == 0) {
            int width = Lanes.roundUp(heads.keySize(), LENGTH);
            float[] all = own.zeros(projected * width);
            project(keyMatrix, mechanism.keys(), heads.key(), heads, unit, valid, own, all);
            Floats.transpose(all, width, projected, heads.keySize(), k[unit], keyWidth);
            stage(stages, all, width, projected, heads.keySize(), kProjected, unit);
          } else {
            project(
                valueMatrix, mechanism.values(), heads.value(), heads, unit, valid, own, v[unit]);
            stage(stages, v[unit], valueWidth, projected, heads.valueSize(), vProjected, unit);
          }
        });
    pool.run(
        heads.batch() * heads.queryHeads(),
        (task, worker) -> {
          Scratch.Worker own = workers[worker];
          own.rewind();
          int b = task / heads.queryHeads();
          int h = task % heads.queryHeads();
          int unit = b * heads.keyHeads() + heads.keyHead(h);
          attend(heads, b, h, k[unit], keyWidth, v[unit], valueWidth, projected, output, rows, own);
        });
    rows.finish();
  }

  /// Adds to `product`, `[projected, size]`, rows a multiple of the lanes.
  private static void project(
      float[] matrix,
      Tensor shape,
      Tensor vectors,
      HeadInputs heads,
      int unit,
      int valid,
      Scratch.Worker own,
      float[] product) {
    int size = vectors.shape().intSize(3);
    int width = Lanes.roundUp(size, LENGTH);
    int keys = heads.keys();
    int projected = shape.shape().intSize(-2);
    int from = shape.shape().rank() == 3 ? unit % heads.keyHeads() * projected * keys : 0;
    float[] all = own.floats(valid * width);
    Floats.readRows(vectors, (long) unit * keys * size, all, valid, size, width);
    Product.add(matrix, from, keys, all, width, product, width, projected, valid, width);
  }

  private static void stage(
      boolean wanted, float[] all, int width, int rows, int size, Tensor into, int unit) {
    for (int p = 0; wanted && p < rows; p++) {
      Floats.write(all, p * width, size, into, ((long) unit * rows + p) * size);
    }
  }

  private void attend(
      HeadInputs heads,
      int b,
      int h,
      float[] k,
      int keyWidth,
      float[] v,
      int valueWidth,
      int projected,
      Tensor output,
      RowCaptures rows,
      Scratch.Worker own) {
    int size = heads.keySize();
    float scale = (float) heads.scale(mechanism.scale());
    float[] q = own.floats(CHUNK * size);
    float[] s = own.floats(CHUNK * keyWidth);
    float[] o = own.floats(CHUNK * valueWidth);
    for (int first = 0; first < heads.queries(); first += CHUNK) {
      int count = Math.min(CHUNK, heads.queries() - first);
      long row = ((long) b * heads.queryHeads() + h) * heads.queries() + first;
      Floats.read(heads.query(), row * size, q, 0, count * size);
      for (int i = 0; i < count * size; i++) {
        q[i] *= scale;
      }
      Arrays.fill(s, 0, count * keyWidth, 0f);
      Arrays.fill(o, 0, count * valueWidth, 0f);
      Product.add(q, 0, size, k, keyWidth, s, keyWidth, count, size, keyWidth);
      for (int i = 0; i < count; i++) {
        rows.logSumExp(b, h, first + i, Floats.softmax(s, i * keyWidth, projected));
        // No projected position is ever left out, so weights serve as scores.
        rows.row(b, h, first + i, s, s, i * keyWidth);
      }
      Product.add(s, 0, keyWidth, v, valueWidth, o, valueWidth, count, projected, valueWidth);
      for (int i = 0; i < count; i++) {
        Floats.write(o, i * valueWidth, heads.valueSize(), output, (row + i) * heads.valueSize());
      }
    }
  }
}
