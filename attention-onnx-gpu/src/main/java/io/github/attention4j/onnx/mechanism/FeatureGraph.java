package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Value;

/// Logarithms of features, `[batch, heads, length, features]`; formulas stand at [FeatureMap].
final class FeatureGraph {
  private FeatureGraph() {}

  static Value logarithms(Graph graph, Sources sources, FeatureMap map, Value vectors) {
    return switch (map) {
      case FeatureMap.EluPlusOne _ ->
          vectors.greater(0).choose(vectors.max(0).plus(1).log(), vectors);
      case FeatureMap.FavorPlus(var omega, var hyperbolic) -> {
        boolean perHead = omega.shape().rank() == 3;
        sources.fix("key_size", omega.shape().size(-1), "omega");
        if (perHead) {
          sources.fix("query_heads", omega.shape().size(0), "omega");
          sources.fix("key_heads", omega.shape().size(0), "omega");
        }
        int count = omega.shape().intSize(-2) * (hyperbolic ? 2 : 1);
        Value directions = graph.parameter("features.omega", omega);
        Value scaled = vectors.times(Math.pow(omega.shape().intSize(-1), -0.25));
        Value projected =
            scaled.matmul(perHead ? directions.transpose(0, 2, 1) : directions.transpose(1, 0));
        Value shift = scaled.square().sum(-1).times(0.5).plus(Math.log(count) / 2);
        Value both = hyperbolic ? Value.concat(3, projected, projected.negate()) : projected;
        yield both.minus(shift);
      }
    };
  }

  /// How many features there are, as an axis.
  static String count(FeatureMap map) {
    return switch (map) {
      case FeatureMap.EluPlusOne _ -> "key_size";
      case FeatureMap.FavorPlus(var omega, var hyperbolic) ->
          Long.toString(omega.shape().size(-2) * (hyperbolic ? 2L : 1L));
    };
  }
}
