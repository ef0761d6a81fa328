package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.FewQueriesSoftmax.QUERIES;
import static io.github.attention4j.cpu.kernel.FewQueriesSpace.TILE;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;

import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.Arrays;

/// The driver for so few queries that reading keys and values is the work: the step of a decoder.
///
/// A task is a stretch of keys of one key head, for all queries that read it, so that a long cache
/// occupies all threads and the stretches do not depend on how many there are. Each leaves its
/// maximum, sum and output; they are joined in the order of the keys.
final class FewQueriesRun implements PreparedRun, WorkerPool.Body {
  /// Keys of a task at least, and tasks of a key head at most.
  private static final int STRETCH = 512;

  private static final int MOST_STRETCHES = 32;

  /// More queries than this fill the lanes of a panel well enough to pay for packing; half as many
  /// where there are few keys.
  private static final int MOST = 8;

  private static final int FEW_KEYS = 128;

  private final PairwiseInputs in;
  private final PairwiseArrays arrays;
  private final WorkerPool pool;
  private final FewQueriesSpace space;
  private final ScopeTiles scope;
  private final float factor;
  private final int group;
  private final int rows;
  private final int padded;
  private final int depth;
  private final int columns;
  private final int stretch;
  private final int stretches;
  private final int units;

  FewQueriesRun(
      PairwisePlan plan,
      PairwiseInputs in,
      PairwiseArrays arrays,
      WorkerPool pool,
      FewQueriesSpace space) {
    this.in = in;
    this.arrays = arrays;
    this.pool = pool;
    this.space = space;
    scope = ScopeTiles.of(plan.mechanism.scope(), in);
    factor = plan.factor(in);
    group = in.queryHeads() / in.keyHeads();
    rows = group * in.queries();
    padded = Lanes.roundUp(rows, QUERIES);
    depth = Lanes.roundUp(in.keySize(), LENGTH);
    columns = Lanes.roundUp(in.valueSize(), LENGTH);
    stretch =
        Math.max(STRETCH, Lanes.roundUp((in.keys() + MOST_STRETCHES - 1) / MOST_STRETCHES, TILE));
    stretches = Math.max(1, (in.keys() + stretch - 1) / stretch);
    units = in.batch() * in.keyHeads();
  }

  /// Whether the queries are few and the mechanism needs nothing that only the other driver does.
  static boolean fits(PairwisePlan plan, PairwiseInputs in) {
    return plan.kind == PairwisePlan.Kind.DOT
        && plan.keyStage.none()
        && plan.queryStage.none()
        && plan.cap == 0
        && plan.mechanism.biases().isEmpty()
        && !plan.weights
        && plan.topK == 0
        && plan.pooled == null
        && in.queries() > 0
        && in.queryHeads() / in.keyHeads() * (long) in.queries()
            <= (in.keys() < FEW_KEYS ? MOST / 2 : MOST);
  }

  @Override
  public boolean run() {
    space.reserve(pool.threads(), units, stretches, padded, depth, columns);
    for (int unit = 0; unit < units; unit++) {
      if (!findKeys(unit)) {
        return false;
      }
    }
    for (int unit = 0; unit < units; unit++) {
      packQueries(unit);
    }
    long elements = (long) units * in.keys() * (in.keySize() + in.valueSize());
    pool.run(units * stretches, elements * QUERIES, this);
    for (int unit = 0; stretches > 1 && unit < units; unit++) {
      join(unit);
    }
    return true;
  }

  private int head(int unit, int row) {
    return unit % in.keyHeads() * group + row / in.queries();
  }

  /// Whether all queries of a unit reach the same keys; finds these.
  private boolean findKeys(int unit) {
    int b = unit / in.keyHeads();
    for (int row = 0; row < rows; row += in.queries()) {
      int h = head(unit, row);
      scope.ranges(b, h, 0, in.queries(), space.some, space.every, space.scratch);
      if (row == 0) {
        space.reach[unit].set(space.some);
      }
      if (!space.every.equalTo(space.reach[unit]) || !space.some.equalTo(space.reach[unit])) {
        return false;
      }
    }
    return true;
  }

  private void packQueries(int unit) {
    Rows from = arrays.query();
    int b = unit / in.keyHeads();
    int size = in.keySize();
    for (int row = 0, at = unit * padded * depth; row < padded; row++, at += depth) {
      if (row < rows) {
        from.read(from.index(b, head(unit, row), row % in.queries()), space.queries, at, size);
        for (int d = at; d < at + size; d++) {
          space.queries[d] *= factor;
        }
        Arrays.fill(space.queries, at + size, at + depth, 0f);
      } else {
        Arrays.fill(space.queries, at, at + depth, 0f);
      }
    }
  }

  @Override
  public void run(int task, int worker) {
    int unit = task / stretches;
    int number = task % stretches;
    FewQueriesSpace.Worker x = space.worker(worker);
    int lanes = padded / QUERIES * LENGTH;
    Arrays.fill(x.m, 0, lanes, Float.NEGATIVE_INFINITY);
    Arrays.fill(x.l, 0, lanes, 0f);
    int result = task * padded;
    Arrays.fill(space.outputs, result * columns, (result + padded) * columns, 0f);
    int from = number * stretch;
    int to = Math.min(in.keys(), from + stretch);
    Intervals reach = space.reach[unit];
    for (int i = 0; i < reach.count(); i++) {
      int end = Math.min(to, reach.to(i));
      for (int key = Math.max(from, reach.from(i)); key < end; key += TILE) {
        tile(unit, key, Math.min(TILE, end - key), result * columns, x);
      }
    }
    for (int lane = 0; lane < lanes; lane += LENGTH) {
      FewQueriesSoftmax.joinSums(x.l, lane);
      System.arraycopy(x.m, lane, space.maxima, result + lane / LENGTH * QUERIES, QUERIES);
      System.arraycopy(x.l, lane, space.sums, result + lane / LENGTH * QUERIES, QUERIES);
    }
    if (stretches == 1) {
      join(unit);
    }
  }

  private void tile(int unit, int key, int count, int output, FewQueriesSpace.Worker x) {
    int b = unit / in.keyHeads();
    int h = unit % in.keyHeads();
    Rows k = arrays.key();
    Rows v = arrays.value();
    // A vector holds several keys: those behind the last count as -infinity.
    int end = Lanes.roundUp(count, QUERIES) * QUERIES;
    for (int row = 0; row < padded; row += QUERIES) {
      FewQueriesScores.scores(
          k.segment(),
          4 * k.index(b, h, key),
          4 * k.row(),
          count,
          space.queries,
          (unit * padded + row) * depth,
          depth,
          in.keySize(),
          x.s,
          0,
          x.block);
      int lane = row / QUERIES * LENGTH;
      FewQueriesSoftmax.weigh(x.s, 0, end, x.m, x.l, x.alpha, lane);
      FewQueriesValues.add(
          v.segment(),
          4 * v.index(b, h, key),
          4 * v.row(),
          count,
          in.valueSize(),
          x.s,
          0,
          x.alpha,
          lane,
          space.outputs,
          output + row * columns,
          columns);
    }
  }

  /// Joins the stretches of a unit and writes its rows.
  private void join(int unit) {
    int b = unit / in.keyHeads();
    int first = unit * stretches * padded;
    for (int row = 0; row < rows; row++) {
      float max = Float.NEGATIVE_INFINITY;
      for (int i = 0, at = first + row; i < stretches; i++, at += padded) {
        max = Math.max(max, space.maxima[at]);
      }
      double sum = 0;
      int target = (first + row) * columns;
      for (int i = 0, at = first + row; i < stretches; i++, at += padded) {
        // A stretch without keys has a sum of 0.
        double weight = space.sums[at] == 0 ? 0 : Math.exp(space.maxima[at] - (double) max);
        sum += weight * space.sums[at];
        if (i == 0) {
          scale(target, (float) weight);
        } else {
          add((float) weight, at * columns, target);
        }
      }
      float inverse = sum == 0 ? 0 : (float) (1 / sum);
      scale(target, inverse);
      int h = head(unit, row);
      int query = row % in.queries();
      Rows out = arrays.output();
      out.write(space.outputs, target, in.valueSize(), out.index(b, h, query));
      arrays.logSumExp(b, h, query, max + Math.log(sum));
    }
  }

  private void scale(int at, float factor) {
    for (int c = at; c < at + columns; c++) {
      space.outputs[c] *= factor;
    }
  }

  private void add(float factor, int from, int to) {
    float[] o = space.outputs;
    for (int c = 0; c < columns; c++) {
      o[to + c] = Math.fma(factor, o[from + c], o[to + c]);
    }
  }
}
