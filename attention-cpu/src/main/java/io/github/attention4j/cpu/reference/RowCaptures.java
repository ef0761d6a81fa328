package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Collects what is captured of weights that come row by row, one row per query.
final class RowCaptures {
  private final int queries;
  private final int keys;
  private final Capture.@Nullable TopK topK;
  private final Capture.@Nullable Pooled pooled;
  private final @Nullable DoubleArray weights;
  private final @Nullable DoubleArray logSumExp;
  private final @Nullable DoubleArray topWeights;
  private final @Nullable LongTensor topKeys;
  private final @Nullable DoubleArray cells;

  RowCaptures(Set<Capture> captures, int batch, int heads, int queries, int keys, Outcome outcome) {
    this.queries = queries;
    this.keys = keys;
    topK = find(captures, Capture.TopK.class);
    pooled = find(captures, Capture.Pooled.class);
    weights =
        captures.contains(Capture.WEIGHTS) ? DoubleArray.zeros(batch, heads, queries, keys) : null;
    logSumExp =
        captures.contains(Capture.LOG_SUM_EXP) ? DoubleArray.zeros(batch, heads, queries) : null;
    if (topK == null) {
      topWeights = null;
      topKeys = null;
    } else {
      int count = Math.min(topK.k(), keys);
      topWeights = DoubleArray.zeros(batch, heads, queries, count);
      topKeys = LongTensor.allocate(batch, heads, queries, count);
      outcome.put(Result.TOP_K_WEIGHTS, topWeights);
      outcome.put(Result.TOP_K_KEYS, topKeys);
    }
    cells =
        pooled == null ? null : DoubleArray.zeros(batch, heads, pooled.rows(), pooled.columns());
    if (weights != null) {
      outcome.put(Result.WEIGHTS, weights);
    }
    if (logSumExp != null) {
      outcome.put(Result.LOG_SUM_EXP, logSumExp);
    }
    if (cells != null) {
      outcome.put(Result.POOLED, cells);
    }
  }

  private static <C extends Capture> @Nullable C find(Set<Capture> captures, Class<C> kind) {
    return captures.stream().filter(kind::isInstance).map(kind::cast).findFirst().orElse(null);
  }

  /// Takes the row of one query.
  ///
  /// @param scores −∞ where a key is not there for this query
  void accept(int b, int h, int i, double[] scores, double[] row, double logPartition) {
    if (weights != null) {
      weights.setRow(row, b, h, i);
    }
    if (logSumExp != null) {
      logSumExp.set(logPartition, b, h, i);
    }
    if (topWeights != null && topKeys != null) {
      int[] best =
          IntStream.range(0, keys)
              .filter(j -> scores[j] != Double.NEGATIVE_INFINITY)
              .boxed()
              .sorted((a, c) -> Double.compare(row[c], row[a]))
              .limit(topWeights.size(-1))
              .mapToInt(Integer::intValue)
              .toArray();
      int from = topWeights.index(b, h, i);
      for (int t = 0; t < topWeights.size(-1); t++) {
        topWeights.values()[from + t] = t < best.length ? row[best[t]] : 0;
        topKeys.set(from + t, t < best.length ? best[t] : -1);
      }
    }
    if (pooled != null && cells != null) {
      pool(b, h, i, row, pooled, cells);
    }
  }

  private void pool(int b, int h, int i, double[] row, Capture.Pooled grid, DoubleArray into) {
    for (int r = 0; r < grid.rows(); r++) {
      long first = (long) r * queries / grid.rows();
      long end = (r + 1L) * queries / grid.rows();
      if (i < first || i >= end) {
        continue;
      }
      for (int c = 0; c < grid.columns(); c++) {
        int from = (int) ((long) c * keys / grid.columns());
        int to = (int) ((c + 1L) * keys / grid.columns());
        for (int j = from; j < to; j++) {
          into.values()[into.index(b, h, r, c)] += row[j] / (end - first);
        }
      }
    }
  }
}
