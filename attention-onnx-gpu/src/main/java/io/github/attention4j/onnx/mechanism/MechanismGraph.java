package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Description;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Variant;
import java.util.IdentityHashMap;
import java.util.Set;

/// Mechanisms as graphs: the one place that chooses the builder. A new mechanism costs one case
/// here and one builder.
public final class MechanismGraph {
  private MechanismGraph() {}

  /// The graph of a request. Parameters are named by their paths in its [Description].
  public static Graph of(Request request, Target target, Variant variant) {
    IdentityHashMap<NdArray, String> paths = new IdentityHashMap<>();
    Description.of(request).arrays().forEach((path, array) -> paths.put(array, path));
    Graph graph = new Graph(target, variant, paths::get);
    write(graph, Sources.of(graph), request.mechanism(), request.captures()).declare(graph);
    return graph;
  }

  /// Writes a mechanism into a graph.
  public static Outputs write(
      Graph graph, Sources sources, Mechanism mechanism, Set<Capture> captures) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise -> PairwiseGraph.write(graph, sources, pairwise, captures);
      case Mechanism.Linearized _,
          Mechanism.Recurrent _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.NtmAddressing _,
          Mechanism.NearestKeys _,
          Mechanism.MultiHop _,
          Mechanism.WordMemory _,
          Mechanism.ProductKeys _ ->
          throw new IllegalStateException(
              mechanism.getClass().getSimpleName() + " is refused before the graph is built");
    };
  }
}
