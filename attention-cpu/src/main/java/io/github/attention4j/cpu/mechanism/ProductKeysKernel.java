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
import java.util.Arrays;
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
  private final Scratch scratch = new Scratch();

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
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          in.batch() * in.queries(),
          (task, worker) -> {
            Scratch.Worker own = workers[worker];
            own.rewind();
            int b = task / in.queries();
            int t = task % in.queries();
            float[] all = own.zeros(valueSize);
            float[] sum = own.floats(valueSize);
            Query query = new Query(in, own);
            for (int h = 0; h < in.heads(); h++) {
              long row = ((long) b * in.heads() + h) * in.queries() + t;
              query.head(h, row, sum, weights, ids);
              Floats.add(all, 0, 1f, sum, 0, valueSize);
              if (headOutputs != null) {
                Floats.write(sum, 0, valueSize, headOutputs, row * valueSize);
              }
            }
            Floats.write(all, 0, valueSize, output, (long) task * valueSize);
          });
    } finally {
      scratch.give(workers);
    }
  }

  /// What the heads of a query go through, one after the other.
  private final class Query {
    private final ProductInputs in;
    private final float[] q;
    private final float[] w;
    private final float[] value;
    private final int[] rows;
    private final int[] columns;
    private final Best left;
    private final Best right;
    private final Best best;

    Query(ProductInputs in, Scratch.Worker own) {
      this.in = in;
      int side = Math.min(mechanism.kept(), in.keys());
      q = own.floats(2 * in.half());
      w = own.floats(mechanism.kept());
      value = own.floats(mechanism.values().shape().intSize(1));
      rows = own.ints(side);
      columns = own.ints(side);
      left = own.best(side);
      right = own.best(side);
      best = own.best(mechanism.kept());
    }

    void head(int h, long row, float[] sum, @Nullable Tensor weights, @Nullable LongTensor ids) {
      int half = in.half();
      Floats.read(in.query(), row * 2 * half, q, 0, 2 * half);
      side(left, 0, first, h);
      side(right, half, second, h);
      products();
      int found = best.found();
      for (int r = 0; r < found; r++) {
        w[r] = best.score(r);
      }
      Floats.softmax(w, 0, found);
      int valueSize = mechanism.values().shape().intSize(1);
      Arrays.fill(sum, 0, valueSize, 0f);
      for (int r = 0; r < found; r++) {
        Floats.read(mechanism.values(), (long) best.id(r) * valueSize, value, 0, valueSize);
        Floats.add(sum, 0, w[r], value, 0, valueSize);
        if (weights != null && ids != null) {
          weights.set(row * found + r, w[r]);
          ids.set(row * found + r, best.id(r));
        }
      }
    }

    private void side(Best side, int from, float[] keys, int h) {
      int n = in.keys();
      int half = in.half();
      side.clear();
      for (int i = 0; i < n; i++) {
        side.offer(Floats.dot(q, from, keys, (h * n + i) * half, half), i);
      }
    }

    /// The best products, of equal ones the lower id: they are offered by id.
    private void products() {
      best.clear();
      byId(left, rows);
      byId(right, columns);
      for (int r = 0; r < left.found(); r++) {
        int row = rows[r];
        for (int c = 0; c < right.found(); c++) {
          int column = columns[c];
          best.offer(
              left.score(row) + right.score(column), left.id(row) * in.keys() + right.id(column));
        }
      }
    }
  }

  /// The ranks in the order of the ids.
  private static void byId(Best best, int[] ranks) {
    for (int rank = 0; rank < best.found(); rank++) {
      int at = rank;
      for (; at > 0 && best.id(ranks[at - 1]) > best.id(rank); at--) {
        ranks[at] = ranks[at - 1];
      }
      ranks[at] = rank;
    }
  }
}
