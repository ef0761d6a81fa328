package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.List;
import java.util.Set;

/// [Mechanism.ProductKeys]: the best of all pairs lie among pairs of the best of each half.
///
/// The halves' best are put back in ascending order before they are paired, so that pairs stand in
/// the order of their ids and TopK gives ties to the lower id.
final class ProductKeyGraph {
  private ProductKeyGraph() {}

  static Outputs write(
      Graph graph, Sources sources, Mechanism.ProductKeys mechanism, Set<Capture> captures) {
    long heads = mechanism.first().shape().size(0);
    long keys = mechanism.first().shape().size(1);
    long half = mechanism.first().shape().size(2);
    long kept = Math.min(mechanism.kept(), keys);
    Value query =
        sources.real(
            Inputs.QUERY, "batch", Long.toString(heads), "queries", Long.toString(2 * half));
    Value first = graph.parameter("first", mechanism.first());
    Value second = graph.parameter("second", mechanism.second());
    List<Value> left = graph.stage("first_half", () -> best(query.slice(3, 0, half), first, kept));
    List<Value> right =
        graph.stage("second_half", () -> best(query.slice(3, half, 2 * half), second, kept));
    List<Value> pairs =
        graph.stage(
            "pairs",
            "the best of the pairs",
            () -> {
              Value shape = Value.concat(0, query.sizes(0, 3), graph.vector(kept * kept));
              Value sums = left.get(0).unsqueeze(4).plus(right.get(0).unsqueeze(3)).reshape(shape);
              Value ids =
                  left.get(1)
                      .times(graph.scalar(keys))
                      .unsqueeze(4)
                      .plus(right.get(1).unsqueeze(3))
                      .reshape(shape);
              List<Value> top = sums.top(graph.vector(mechanism.kept()));
              return List.of(top.get(0), ids.gatherElements(top.get(1), 3));
            });
    Value weights =
        graph.stage(
            "normalize", () -> pairs.get(0).cast(Type.FLOAT).softmax(-1).cast(graph.real()));
    Value perHead =
        graph.stage(
            "value",
            () ->
                weights
                    .unsqueeze(3)
                    .matmul(graph.parameter("values", mechanism.values()).gather(pairs.get(1), 0))
                    .squeeze(3));
    String valueSize = Long.toString(mechanism.values().shape().size(1));
    String top = Integer.toString(mechanism.kept());
    String headCount = Long.toString(heads);
    Outputs outputs = new Outputs();
    outputs.add(Result.OUTPUT, perHead.sum(1).squeeze(1), "batch", "queries", valueSize);
    if (captures.contains(Capture.WEIGHTS)) {
      outputs.add(Result.WEIGHTS, weights, "batch", headCount, "queries", top);
      outputs.add("ids", pairs.get(1), "batch", headCount, "queries", top);
    }
    if (captures.contains(Capture.STAGES)) {
      outputs.add("head_outputs", perHead, "batch", headCount, "queries", valueSize);
    }
    return outputs;
  }

  /// Scores and ids of the best keys, by ascending id.
  private static List<Value> best(Value query, Value keys, long kept) {
    Graph graph = query.graph();
    Value scores = query.matmul(keys.transpose(0, 2, 1));
    Value ids = scores.top(graph.vector(kept)).get(1);
    Value ascending =
        graph
            .node(
                "",
                "TopK",
                List.of(Type.INT64, Type.INT64),
                List.of(ids, graph.vector(kept)),
                Attributes.of("axis", -1),
                Attributes.of("largest", 0),
                Attributes.of("sorted", 1))
            .getFirst();
    return List.of(scores.gatherElements(ascending, 3), ascending);
  }
}
