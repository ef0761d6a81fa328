package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Bias;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;

/// The stage `bias`: what is added to scores; formulas stand at [Bias].
final class BiasGraph {
  private final Graph graph;
  private final Sources sources;
  private final Positions positions;

  BiasGraph(Graph graph, Sources sources, Positions positions) {
    this.graph = graph;
    this.sources = sources;
    this.positions = positions;
  }

  /// A value that broadcasts to `[batch, heads, queries, keys]`.
  Value write(Bias bias) {
    return graph.stage(
        "bias",
        switch (bias) {
          case Bias.Dense _ -> "a given array";
          case Bias.Alibi _ -> "-m |p - j|; Press, Smith, Lewis 2022 (arXiv:2108.12409)";
          case Bias.RelativeBuckets _ -> "T[bucket(j - p)]; Raffel et al. 2020 (arXiv:1910.10683)";
        },
        () ->
            switch (bias) {
              case Bias.Dense(var input) -> sources.pairs(input, Type.FLOAT);
              case Bias.Alibi alibi -> alibi(alibi);
              case Bias.RelativeBuckets buckets -> buckets(buckets);
            });
  }

  private Value alibi(Bias.Alibi bias) {
    sources.fix("query_heads", bias.slopes().shape().size(0), "slopes");
    Value slopes = graph.parameter("bias.slopes", bias.slopes()).unsqueeze(0, 2, 3);
    return positions.distance().abs().cast(graph.real()).times(slopes.negate());
  }

  /// From `maxDistance` on all distances share a bucket, so a table over the distances between
  /// stands for the logarithms, and the floor is exact.
  private Value buckets(Bias.RelativeBuckets bias) {
    sources.fix("query_heads", bias.table().shape().size(1), "table");
    int far = bias.maxDistance();
    double[] buckets = new double[Math.addExact(Math.multiplyExact(2, far), 1)];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = bias.bucket(i - far);
    }
    Value byDistance =
        graph.constant(
            Type.INT64, Type.INT64.encode(buckets), "bucket_by_distance", buckets.length);
    Value near = positions.distance().max(-far).min(far).plus(graph.scalar(far));
    Value table = graph.parameter("bias.table", bias.table());
    Value perPair = table.transpose(1, 0).gather(byDistance.gather(near.squeeze(1), 0), 1);
    return perPair.transpose(1, 0, 2, 3);
  }
}
