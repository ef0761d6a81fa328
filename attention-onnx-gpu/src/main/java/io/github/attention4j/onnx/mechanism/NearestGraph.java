package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.List;
import java.util.Set;

/// [Mechanism.NearestKeys]: the best of the memory by TopK, exactly, and causal local attention.
final class NearestGraph {
  private NearestGraph() {}

  static Outputs write(
      Graph graph, Sources sources, Mechanism.NearestKeys mechanism, Set<Capture> captures) {
    Heads heads = Heads.of(sources);
    sources.fix("query_heads", mechanism.gate().shape().size(0), "gate");
    Value memoryKey = sources.real("memory_key", "batch", "memory_heads", "memory", "key_size");
    Value memoryValue =
        sources.real("memory_value", "batch", "memory_heads", "memory", "value_size");
    Grouping remembered = new Grouping(heads.query(), memoryKey, false);
    Value dots =
        graph.stage("memory/score", () -> remembered.matmul(heads.query(), memoryKey.swapLast()));
    List<Value> best =
        graph.stage(
            "memory/nearest",
            "the k largest dot products",
            () -> dots.top(dots.size(3).min(mechanism.topK())));
    Value scaled = ScoreGraph.scaled(best.get(0), heads.query(), mechanism.scale());
    Value nowhere = graph.scalar(graph.real(), Double.NEGATIVE_INFINITY).expand(dots.shape());
    Value memoryScores =
        graph.node(
            "ScatterElements",
            dots.type(),
            List.of(nowhere, best.get(1), scaled),
            Attributes.of("axis", 3));
    Value memoryWeights =
        graph.stage(
            "memory/normalize",
            () -> SoftmaxGraph.weights(memoryScores.cast(Type.FLOAT), true).cast(graph.real()));
    Value memoryOutput = Weighing.write(graph, remembered, memoryWeights, memoryValue, true);

    Positions positions =
        new Positions(Placement.start(), sources, heads.query().size(2), heads.key().size(2));
    Value allowed =
        java.util.Objects.requireNonNull(
            new ScopeGraph(graph, sources, positions).allowed(Scope.causal()));
    Value localScores =
        graph.stage(
            "local/score",
            () ->
                heads
                    .grouping()
                    .matmul(
                        ScoreGraph.scaled(heads.query(), mechanism.scale()),
                        heads.key().swapLast()));
    Value localWeights =
        graph.stage(
            "local/normalize",
            () ->
                SoftmaxGraph.weights(
                        allowed.choose(localScores, Double.NEGATIVE_INFINITY).cast(Type.FLOAT),
                        true)
                    .cast(graph.real()));
    Value localOutput = Weighing.write(graph, heads.grouping(), localWeights, heads.value(), true);
    Value gate = graph.parameter("gate", mechanism.gate()).sigmoid().unsqueeze(0, 2, 3);
    Outputs outputs = new Outputs();
    outputs.add(
        Result.OUTPUT,
        graph.stage(
            "mix",
            "g memory + (1 - g) local",
            () -> gate.times(memoryOutput).plus(gate.negate().plus(1).times(localOutput))),
        "batch",
        "query_heads",
        "queries",
        "value_size");
    if (captures.contains(Capture.WEIGHTS)) {
      outputs.add("memory_weights", memoryWeights, "batch", "query_heads", "queries", "memory");
      outputs.add("local_weights", localWeights, "batch", "query_heads", "queries", "keys");
    }
    if (captures.contains(Capture.STAGES)) {
      outputs.add("memory_output", memoryOutput, "batch", "query_heads", "queries", "value_size");
      outputs.add("local_output", localOutput, "batch", "query_heads", "queries", "value_size");
      outputs.add(
          "memory_ids",
          best.get(1),
          new Axis.Named("batch"),
          new Axis.Named("query_heads"),
          new Axis.Named("queries"),
          new Axis.AtMost(mechanism.topK(), "memory"));
    }
    return outputs;
  }
}
