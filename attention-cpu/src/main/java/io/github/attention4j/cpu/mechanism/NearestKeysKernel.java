package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.NearestKeys;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.Engine;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.Best;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.NearestInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [NearestKeys]: the local side is a causal pairwise attention of the engine; the memory is
/// scanned tile by tile by a few queries at a time, each keeping its best.
final class NearestKeysKernel implements Computation {
  private static final int QUERIES = 32;
  private static final int TILE = 256;

  private final NearestKeys mechanism;
  private final Set<Capture> captures;
  private final Attention local;
  private final Scratch scratch = new Scratch();

  NearestKeysKernel(NearestKeys mechanism, Set<Capture> captures, Engine engine) {
    this.mechanism = mechanism;
    this.captures = captures;
    Request request =
        Request.of(Pairwise.of(new Score.ScaledDot(mechanism.scale())).within(Scope.causal()));
    local =
        engine.prepare(
            captures.contains(Capture.WEIGHTS) ? request.capture(Capture.WEIGHTS) : request);
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    NearestInputs in = NearestInputs.of(mechanism, inputs);
    HeadInputs heads = in.heads();
    long[] shape = {heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize()};
    Tensor output = results.tensor(Result.OUTPUT, shape);
    Tensor memoryWeights = null;
    Map<String, NdArray> near = Map.of(Result.OUTPUT, output);
    if (captures.contains(Capture.WEIGHTS)) {
      memoryWeights = results.tensor("memory_weights", shape[0], shape[1], shape[2], in.memory());
      memoryWeights.segment().fill((byte) 0);
      Tensor weights = results.tensor("local_weights", shape[0], shape[1], shape[2], heads.keys());
      near = Map.of(Result.OUTPUT, output, Result.WEIGHTS, weights);
    }
    // The output is the local one until the memory is mixed in.
    local.run(Inputs.of(heads.query(), heads.key(), heads.value()), Result.of(near));
    Tensor memoryOutput = null;
    LongTensor ids = null;
    if (captures.contains(Capture.STAGES)) {
      memoryOutput = results.tensor("memory_output", shape);
      results.tensor("local_output", shape).segment().copyFrom(output.segment());
      ids = results.longs("memory_ids", shape[0], shape[1], shape[2], in.count());
    }
    Run run =
        new Run(
            in,
            inputs.tensor(NearestInputs.MEMORY_KEY),
            inputs.tensor(NearestInputs.MEMORY_VALUE),
            output,
            memoryWeights,
            memoryOutput,
            ids);
    int chunks = (heads.queries() + QUERIES - 1) / QUERIES;
    int units = heads.batch() * heads.queryHeads();
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          units * chunks,
          (task, worker) -> {
            int unit = task / chunks;
            workers[worker].rewind();
            run.chunk(
                mechanism,
                unit / heads.queryHeads(),
                unit % heads.queryHeads(),
                task % chunks * QUERIES,
                workers[worker]);
          });
    } finally {
      scratch.give(workers);
    }
  }

  /// The arrays of one run.
  private record Run(
      NearestInputs in,
      Tensor keys,
      Tensor values,
      Tensor output,
      @Nullable Tensor weights,
      @Nullable Tensor fromMemory,
      @Nullable LongTensor ids) {

    void chunk(NearestKeys mechanism, int b, int h, int first, Scratch.Worker own) {
      HeadInputs heads = in.heads();
      int size = heads.keySize();
      int count = Math.min(QUERIES, heads.queries() - first);
      long row = ((long) b * heads.queryHeads() + h) * heads.queries() + first;
      long head = ((long) b * in.memoryHeads() + in.memoryHead(h)) * in.memory();
      Best[] best = new Best[count];
      for (int i = 0; i < count; i++) {
        best[i] = own.best(in.count());
      }
      float[] q = own.floats(count * size);
      Floats.read(heads.query(), row * size, q, 0, count * size);
      float[] tile = own.floats(TILE * size);
      float[] turned = own.zeros(size * TILE);
      float[] s = own.floats(count * TILE);
      float[] w = own.floats(in.count());
      float[] sum = own.floats(heads.valueSize());
      float[] value = own.floats(heads.valueSize());
      for (int from = 0; from < in.memory(); from += TILE) {
        int wide = Math.min(TILE, in.memory() - from);
        Floats.read(keys, (head + from) * size, tile, 0, wide * size);
        Floats.transpose(tile, size, wide, size, turned, TILE);
        Arrays.fill(s, 0, count * TILE, 0f);
        Product.add(q, 0, size, turned, TILE, s, TILE, count, size, Lanes.roundUp(wide, LENGTH));
        for (int i = 0; i < count; i++) {
          best[i].offer(s, i * TILE, wide, from);
        }
      }
      float scale = (float) heads.scale(mechanism.scale());
      double gate = 1 / (1 + Math.exp(-mechanism.gate().at(h)));
      for (int i = 0; i < count; i++) {
        mix(best[i], row + i, head, scale, gate, w, sum, value);
      }
    }

    private void mix(
        Best best,
        long row,
        long head,
        float scale,
        double gate,
        float[] w,
        float[] sum,
        float[] value) {
      int valueSize = in.heads().valueSize();
      for (int r = 0; r < best.found(); r++) {
        w[r] = scale * best.score(r);
      }
      Floats.softmax(w, 0, best.found());
      Arrays.fill(sum, 0, valueSize, 0f);
      for (int r = 0; r < best.found(); r++) {
        Floats.read(values, (head + best.id(r)) * valueSize, value, 0, valueSize);
        Floats.add(sum, 0, w[r], value, 0, valueSize);
        if (weights != null) {
          weights.set(row * in.memory() + best.id(r), w[r]);
        }
        if (ids != null) {
          ids.set(row * in.count() + r, best.id(r));
        }
      }
      for (int e = 0; e < valueSize; e++) {
        long at = row * valueSize + e;
        output.set(at, (float) (gate * sum[e] + (1 - gate) * output.at(at)));
        if (fromMemory != null) {
          fromMemory.set(at, sum[e]);
        }
      }
    }
  }
}
