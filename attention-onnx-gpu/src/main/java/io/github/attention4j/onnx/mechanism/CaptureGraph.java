package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a [io.github.attention4j.api.Mechanism.Pairwise] returns besides its output; formulas stand
/// at [Capture].
final class CaptureGraph {
  private CaptureGraph() {}

  /// @param scores after biases and scope, −∞ where not allowed
  static void write(
      Graph graph,
      Outputs outputs,
      Set<Capture> captures,
      Value weights,
      @Nullable Value logSumExp,
      Value scores) {
    write(graph, outputs, captures, weights, logSumExp, scores, "queries", "keys");
  }

  /// @param scores after biases and scope, −∞ where not allowed
  /// @param queries the name of the axis of queries
  /// @param keys the name or size of the axis of keys
  static void write(
      Graph graph,
      Outputs outputs,
      Set<Capture> captures,
      Value weights,
      @Nullable Value logSumExp,
      Value scores,
      String queries,
      String keys) {
    for (Capture capture : captures) {
      switch (capture) {
        case Capture.Weights _ ->
            outputs.add(Result.WEIGHTS, weights, "batch", "query_heads", queries, keys);
        case Capture.LogSumExp _ -> {
          if (logSumExp == null) {
            throw new IllegalStateException("log-sum-exp is refused before the graph is built");
          }
          outputs.add(
              Result.LOG_SUM_EXP, logSumExp.cast(graph.real()), "batch", "query_heads", "queries");
        }
        case Capture.TopK(var k) -> {
          Axis[] axes = {
            new Axis.Named("batch"),
            new Axis.Named("query_heads"),
            Axis.of(queries),
            Axis.of(keys) instanceof Axis.Fixed(var size)
                ? new Axis.Fixed(Math.min(k, size))
                : new Axis.AtMost(k, keys)
          };
          List<Value> top = graph.stage("capture/top_k", () -> top(weights, scores, k));
          outputs.add(Result.TOP_K_WEIGHTS, top.get(0), axes);
          outputs.add(Result.TOP_K_KEYS, top.get(1), axes);
        }
        case Capture.Pooled(var rows, var columns) ->
            outputs.add(
                Result.POOLED,
                graph.stage("capture/pooled", () -> pooled(weights, rows, columns)),
                new Axis.Named("batch"),
                new Axis.Named("query_heads"),
                new Axis.Fixed(rows),
                new Axis.Fixed(columns));
        case Capture.State _, Capture.Stages _ -> {}
      }
    }
  }

  /// Keys that are not allowed rank last.
  private static List<Value> top(Value weights, Value scores, int k) {
    Value allowed = scores.same(Double.NEGATIVE_INFINITY).not();
    Value ranked = allowed.choose(weights.cast(Type.FLOAT), Double.NEGATIVE_INFINITY);
    List<Value> best = ranked.top(weights.size(3).min(k));
    Value there = best.get(0).same(Double.NEGATIVE_INFINITY).not();
    return List.of(
        there.choose(best.get(0), 0).cast(weights.type()), there.choose(best.get(1), -1));
  }

  /// Two products with matrices that say which positions a cell covers.
  private static Value pooled(Value weights, int rows, int columns) {
    Value byRow = cells(weights.length(2), rows, weights.type());
    Value byColumn = cells(weights.length(3), columns, weights.type());
    Value counts = byRow.sum(-1).max(1);
    return byRow.over(counts).matmul(weights).matmul(byColumn.transpose(1, 0));
  }

  /// `[cells, positions]`: 1 where cell $c$ of $m$ covers position $i$ of $n$, $\lfloor cn/m
  /// \rfloor \le i < \lfloor (c+1)n/m \rfloor$.
  static Value cells(Value count, int cells, Type type) {
    Graph graph = count.graph();
    Value cell = graph.scalar((long) cells).range().unsqueeze(1);
    Value from = cell.times(count).floorDivide(cells);
    Value to = cell.plus(1).times(count).floorDivide(cells);
    Value position = count.range();
    return position.atLeast(from).and(position.less(to)).cast(type);
  }
}
