package io.github.attention4j.api;

/// What a run returns besides its output. A provider that cannot capture something says so in
/// `unsupported`; it never returns it empty.
public sealed interface Capture {
  /// The weights, `weights` float32 `[batch, queryHeads, queries, keys]` unless the mechanism says
  /// otherwise.
  record Weights() implements Capture {}

  /// The logarithm of the softmax denominator, `log_sum_exp` float32 `[batch, queryHeads,
  /// queries]`; −∞ for a query without keys. For structured normalizers the log-partition.
  record LogSumExp() implements Capture {}

  /// The largest weights of each query and where they are, without an array of queries x keys:
  /// `top_k.weights` float32 and `top_k.keys` int64, `[batch, queryHeads, queries, min(k, keys)]`,
  /// best first, equal weights by lower key; −1 and weight 0 where a query has fewer keys.
  ///
  /// @param k at least 1
  record TopK(int k) implements Capture {
    public TopK {
      Check.atLeast("k", 1, k);
    }
  }

  /// The mean weights over a grid of cells, `pooled` float32 `[batch, queryHeads, rows, columns]`,
  /// without an array of queries x keys: cell $(r, c)$ covers queries $\lfloor rn/\text{rows}
  /// \rfloor$ to $\lfloor (r+1)n/\text{rows} \rfloor - 1$ and keys likewise, summed over its keys
  /// and averaged over its queries; a cell without queries is 0.
  ///
  /// @param rows at least 1
  /// @param columns at least 1
  record Pooled(int rows, int columns) implements Capture {
    public Pooled {
      Check.atLeast("rows", 1, rows);
      Check.atLeast("columns", 1, columns);
    }
  }

  /// The recurrent state of mechanisms that have one, under the names the mechanism gives.
  record State() implements Capture {}

  /// Intermediate results, under the names the mechanism gives.
  record Stages() implements Capture {}

  /// [Weights].
  Capture WEIGHTS = new Weights();

  /// [LogSumExp].
  Capture LOG_SUM_EXP = new LogSumExp();

  /// [State].
  Capture STATE = new State();

  /// [Stages].
  Capture STAGES = new Stages();
}
