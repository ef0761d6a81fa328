package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;

/// The stage `value`: the sum of values by weights.
final class Weighing {
  private Weighing() {}

  /// `[batch, queryHeads, queries, keys]` times `[batch, keyHeads, keys, valueSize]`.
  ///
  /// Where keys can be masked, a weight of 0 must also silence NaN and infinity, which a product
  /// does not. So values that are not finite are 0 in the product, and a second, thin product finds
  /// the queries that do give such a key weight: their rows are NaN.
  static Value write(Graph graph, Grouping grouping, Value weights, Value value, boolean masked) {
    return graph.stage(
        "value",
        "sum of values by weights",
        () -> {
          if (!masked) {
            return grouping.matmul(weights, value);
          }
          Value finite = value.isFinite();
          Value sum = grouping.matmul(weights, finite.choose(value, 0));
          Value broken = finite.not().cast(Type.FLOAT).largest(-1).cast(value.type());
          Value touched = grouping.matmul(weights, broken).greater(0);
          return touched.choose(Double.NaN, sum);
        });
  }
}
