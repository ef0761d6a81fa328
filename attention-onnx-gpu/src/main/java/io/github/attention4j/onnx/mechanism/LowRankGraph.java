package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.SoftmaxGraph.Normalized;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Mechanism.LowRank]: keys and values projected along the length, then softmax attention.
final class LowRankGraph {
  private LowRankGraph() {}

  static Outputs write(
      Graph graph, Sources sources, Mechanism.LowRank mechanism, Set<Capture> captures) {
    sources.fix("keys", mechanism.keys().shape().size(-1), "keys");
    Heads heads = Heads.of(sources);
    Positions positions =
        new Positions(Placement.start(), sources, heads.query().size(2), heads.key().size(2));
    @Nullable Value valid = new ScopeGraph(graph, sources, positions).allowed(mechanism.scope());
    @Nullable Value perKey = valid == null ? null : valid.transpose(0, 1, 3, 2);
    Value key = project(graph, sources, "keys", mechanism.keys(), heads.key(), perKey);
    Value value = project(graph, sources, "values", mechanism.values(), heads.value(), perKey);
    Value scores =
        graph.stage(
            "score",
            "c Q (E K)^T",
            () ->
                heads
                    .grouping()
                    .matmul(ScoreGraph.scaled(heads.query(), mechanism.scale()), key.swapLast()));
    Normalized normalized =
        graph.stage(
            "normalize",
            () ->
                captures.contains(Capture.LOG_SUM_EXP)
                    ? SoftmaxGraph.withLogSumExp(scores.cast(Type.FLOAT))
                    : new Normalized(SoftmaxGraph.weights(scores.cast(Type.FLOAT), false), null));
    Value weights = normalized.weights().cast(graph.real());
    Outputs outputs = new Outputs();
    outputs.add(
        Result.OUTPUT,
        Weighing.write(graph, heads.grouping(), weights, value, false),
        "batch",
        "query_heads",
        "queries",
        "value_size");
    String projected = Long.toString(mechanism.keys().shape().size(-2));
    CaptureGraph.write(
        graph, outputs, captures, weights, normalized.logSumExp(), scores, "queries", projected);
    if (captures.contains(Capture.STAGES)) {
      outputs.add("k_projected", key, "batch", "key_heads", projected, "key_size");
      outputs.add("v_projected", value, "batch", "key_heads", projected, "value_size");
    }
    return outputs;
  }

  private static Value project(
      Graph graph,
      Sources sources,
      String name,
      Tensor matrix,
      Value vectors,
      @Nullable Value valid) {
    if (matrix.shape().rank() == 3) {
      sources.fix("key_heads", matrix.shape().size(0), name);
    }
    return graph.stage(
        "project_" + name,
        "along the length",
        () ->
            graph
                .parameter(name, matrix)
                .matmul(valid == null ? vectors : valid.choose(vectors, 0)));
  }
}
