package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.Set;

/// [Mechanism.Landmark]: three softmax matrices; segments are averaged by a product with a matrix
/// that says which positions each covers. With the exact inverse, whose entries may be large, all
/// of it is in float64.
final class LandmarkGraph {
  private LandmarkGraph() {}

  static Outputs write(
      Graph graph, Sources sources, Mechanism.Landmark mechanism, Set<Capture> captures) {
    Heads given = Heads.of(sources, "length", "length");
    boolean exact = mechanism.iterations() == 0;
    Heads heads = exact ? given.cast(Type.DOUBLE) : given;
    int count = mechanism.landmarks();
    Value query = ScoreGraph.scaled(heads.query(), mechanism.scale());
    Value cells = CaptureGraph.cells(query.length(2), count, query.type());
    Value averages = cells.over(cells.sum(-1));
    Value queryMeans = graph.stage("landmarks", () -> averages.matmul(heads.query()));
    Value scaledMeans = graph.stage("landmarks", () -> averages.matmul(query));
    Value keyMeans = graph.stage("landmarks", () -> averages.matmul(heads.key()));
    Grouping grouping = heads.grouping();
    Value fromQueries = softmax(grouping.matmul(query, keyMeans.swapLast()));
    Value toKeys = softmax(grouping.matmul(scaledMeans, heads.key().swapLast()));
    Value small = grouping.matmul(scaledMeans, keyMeans.swapLast()).cast(Type.DOUBLE).softmax(-1);
    Value inverse =
        graph
            .stage(
                "inverse",
                "Moore-Penrose inverse",
                () ->
                    exact
                        ? PseudoInverseGraph.exact(graph, small, count)
                        : PseudoInverseGraph.iterated(graph, small, count, mechanism.iterations()))
            .cast(fromQueries.type());
    Value left = fromQueries.matmul(inverse);
    Outputs outputs = new Outputs();
    outputs.add(
        Result.OUTPUT,
        graph
            .stage("value", () -> left.matmul(grouping.matmul(toKeys, heads.value())))
            .cast(graph.real()),
        "batch",
        "query_heads",
        "length",
        "value_size");
    if (captures.stream().anyMatch(each -> !(each instanceof Capture.Stages))) {
      Value weights = left.matmul(toKeys).cast(graph.real());
      CaptureGraph.write(graph, outputs, captures, weights, null, weights, "length", "length");
    }
    if (captures.contains(Capture.STAGES)) {
      String landmarks = Integer.toString(count);
      outputs.add(
          "q_landmarks",
          queryMeans.cast(graph.real()),
          "batch",
          "query_heads",
          landmarks,
          "key_size");
      outputs.add(
          "k_landmarks", keyMeans.cast(graph.real()), "batch", "key_heads", landmarks, "key_size");
    }
    return outputs;
  }

  private static Value softmax(Value scores) {
    return scores.type() == Type.DOUBLE
        ? scores.softmax(-1)
        : scores.cast(Type.FLOAT).softmax(-1).cast(scores.type());
  }
}
