package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.ProductKeys;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.Best;
import io.github.attention4j.cpu.plan.ProductInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [ProductKeys] with $2n$ dot products per query instead of $n^2$: each half of a product among
/// the best $k$ is among the best $k$ of its own side, so only $k^2$ products are looked at. One
/// task per query.
final class ProductKeysKernel implements Computation {
  private final ProductKeys mechanism;
  private final Set<Capture> captures;
  private final float[] first;
  private final float[] second;

  ProductKeysKernel(ProductKeys mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
    first = mechanism.first().toArray();
    second = mechanism.second().toArray();
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    ProductInputs in = ProductInputs.of(mechanism, inputs);
    int valueSize = mechanism.values().shape().intSize(1);
    int topK = mechanism.kept();
    Tensor output = results.tensor(Result.OUTPUT, in.batch(), in.queries(), valueSize);
    long[] shape = {in.batch(), in.heads(), in.queries(), topK};
    boolean wanted = captures.contains(Capture.WEIGHTS);
    Tensor weights = wanted ? results.tensor(Result.WEIGHTS, shape) : null;
    LongTensor ids = wanted ? results.longs("ids", shape) : null;
    Tensor headOutputs =
        captures.contains(Capture.STAGES)
            ? results.tensor("head_outputs", in.batch(), in.heads(), in.queries(), valueSize)
            : null;
    pool.run(
        in.batch() * in.queries(),
        (task, _) -> {
          int b = task / in.queries();
          int t = task % in.queries();
          float[] all = new float[valueSize];
          for (int h = 0; h < in.heads(); h++) {
            long row = ((long) b * in.heads() + h) * in.queries() + t;
            float[] sum = head(in, h, row, weights, ids);
            Floats.add(all, 0, 1f, sum, 0, valueSize);
            if (headOutputs != null) {
              Floats.write(sum, 0, valueSize, headOutputs, row * valueSize);
            }
          }
          Floats.write(all, 0, valueSize, output, (long) task * valueSize);
        });
  }

  private float[] head(
      ProductInputs in, int h, long row, @Nullable Tensor weights, @Nullable LongTensor ids) {
    int half = in.half();
    int n = in.keys();
    float[] q = new float[2 * half];
    Floats.read(in.query(), row * q.length, q, 0, q.length);
    Best left = side(q, 0, first, h, half, n);
    Best right = side(q, half, second, h, half, n);
    Best best = products(left, right, n);
    float[] w = new float[best.found()];
    for (int r = 0; r < w.length; r++) {
      w[r] = best.score(r);
    }
    Floats.softmax(w, 0, w.length);
    int valueSize = mechanism.values().shape().intSize(1);
    float[] sum = new float[valueSize];
    float[] value = new float[valueSize];
    for (int r = 0; r < w.length; r++) {
      Floats.read(mechanism.values(), (long) best.id(r) * valueSize, value, 0, valueSize);
      Floats.add(sum, 0, w[r], value, 0, valueSize);
      if (weights != null && ids != null) {
        weights.set(row * w.length + r, w[r]);
        ids.set(row * w.length + r, best.id(r));
      }
    }
    return sum;
  }

  private Best side(float[] q, int from, float[] keys, int h, int half, int n) {
    Best best = new Best(Math.min(mechanism.kept(), n));
    for (int i = 0; i < n; i++) {
      best.offer(Floats.dot(q, from, keys, (h * n + i) * half, half), i);
    }
    return best;
  }

  /// The best products, of equal ones the lower id: they are offered by id.
  private Best products(Best left, Best right, int n) {
    Best best = new Best(mechanism.kept());
    int[] rows = byId(left);
    int[] columns = byId(right);
    for (int row : rows) {
      for (int column : columns) {
        best.offer(left.score(row) + right.score(column), left.id(row) * n + right.id(column));
      }
    }
    return best;
  }

  /// The ranks in the order of the ids.
  private static int[] byId(Best best) {
    return java.util.stream.IntStream.range(0, best.found())
        .boxed()
        .sorted(java.util.Comparator.comparingInt(best::id))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
