package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is captured of weights that come row by row, one row per query. Rows of different heads may
/// come from different threads; those of one head come in order, from one.
public final class RowCaptures {
  private final int heads;
  private final int queries;
  private final int keys;
  private final @Nullable Tensor weights;
  private final @Nullable Tensor logSumExp;
  private final @Nullable Tensor topWeights;
  private final @Nullable LongTensor topKeys;
  private final @Nullable Tensor cells;
  private final double[] pooled;
  private final int rows;
  private final int columns;

  /// Makes the arrays of whatever the captures ask for.
  public RowCaptures(
      Set<Capture> captures, int batch, int heads, int queries, int keys, ResultArrays results) {
    this.heads = heads;
    this.queries = queries;
    this.keys = keys;
    Tensor all = null;
    Tensor sums = null;
    Tensor best = null;
    LongTensor where = null;
    Tensor grid = null;
    int gridRows = 0;
    int gridColumns = 0;
    for (Capture capture : captures) {
      switch (capture) {
        case Capture.Weights() -> all = results.tensor(Result.WEIGHTS, batch, heads, queries, keys);
        case Capture.LogSumExp() ->
            sums = results.tensor(Result.LOG_SUM_EXP, batch, heads, queries);
        case Capture.TopK(int k) -> {
          int count = Math.min(k, keys);
          best = results.tensor(Result.TOP_K_WEIGHTS, batch, heads, queries, count);
          where = results.longs(Result.TOP_K_KEYS, batch, heads, queries, count);
        }
        case Capture.Pooled(int r, int c) -> {
          grid = results.tensor(Result.POOLED, batch, heads, r, c);
          gridRows = r;
          gridColumns = c;
        }
        case Capture.State _, Capture.Stages _ -> {}
      }
    }
    weights = all;
    logSumExp = sums;
    topWeights = best;
    topKeys = where;
    cells = grid;
    rows = gridRows;
    columns = gridColumns;
    pooled = new double[Math.toIntExact((long) batch * heads * rows * columns)];
  }

  /// Whether anything wants the weights of every key.
  public boolean wantsRows() {
    return weights != null || topWeights != null || cells != null;
  }

  /// Whether anything wants log-partitions.
  public boolean wantsLogSumExp() {
    return logSumExp != null;
  }

  /// Forgets what an earlier run summed up.
  public void begin() {
    java.util.Arrays.fill(pooled, 0);
  }

  /// Takes the log-partition of one query.
  public void logSumExp(int b, int h, int i, double logPartition) {
    if (logSumExp != null) {
      logSumExp.set(((long) b * heads + h) * queries + i, (float) logPartition);
    }
  }

  /// Takes the weights of one query.
  ///
  /// @param scores −∞ where a key is not there for this query
  public void row(int b, int h, int i, float[] scores, float[] row, int from) {
    long query = ((long) b * heads + h) * queries + i;
    if (weights != null) {
      java.lang.foreign.MemorySegment.copy(
          row,
          from,
          weights.segment(),
          java.lang.foreign.ValueLayout.JAVA_FLOAT,
          4 * query * keys,
          keys);
    }
    if (topWeights != null && topKeys != null) {
      top(query, scores, row, from, topWeights, topKeys);
    }
    if (cells != null && queries > 0) {
      int at = ((b * heads + h) * rows + cell(i, rows, queries)) * columns;
      for (int j = 0; j < keys; j++) {
        pooled[at + cell(j, columns, keys)] += row[from + j];
      }
    }
  }

  private void top(
      long query, float[] scores, float[] row, int from, Tensor best, LongTensor where) {
    int count = Math.min(best.shape().intSize(3), keys);
    int[] ids = new int[count];
    int found = 0;
    for (int j = 0; j < keys; j++) {
      float weight = row[from + j];
      if (scores[from + j] == Float.NEGATIVE_INFINITY
          || (found == count && (count == 0 || !(weight > row[from + ids[count - 1]])))) {
        continue;
      }
      int at = found < count ? found++ : count - 1;
      for (; at > 0 && row[from + ids[at - 1]] < weight; at--) {
        ids[at] = ids[at - 1];
      }
      ids[at] = j;
    }
    for (int t = 0; t < count; t++) {
      best.set(query * count + t, t < found ? row[from + ids[t]] : 0f);
      where.set(query * count + t, t < found ? ids[t] : -1);
    }
  }

  /// The cell $r$ with $\lfloor rn/c \rfloor \le i < \lfloor (r+1)n/c \rfloor$.
  private static int cell(int index, int count, int length) {
    return (int) (((index + 1L) * count - 1) / length);
  }

  /// Writes what needed all rows.
  public void finish() {
    if (cells == null) {
      return;
    }
    for (int at = 0; at < pooled.length; at++) {
      int r = at / columns % rows;
      long count = (r + 1L) * queries / rows - (long) r * queries / rows;
      cells.set(at, count == 0 ? 0f : (float) (pooled[at] / count));
    }
  }
}
