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

  /// Whether a request has other graphs when more is known of the sizes of its inputs.
  public static boolean asksForSizes(Request request, Target target) {
    return target.fused()
        && switch (request.mechanism()) {
          case Mechanism.Pairwise pairwise ->
              OperatorForm.asksForSizes(target, pairwise, request.captures());
          case Mechanism.Linearized _, Mechanism.Recurrent _ -> true;
          case Mechanism.LowRank _,
              Mechanism.Landmark _,
              Mechanism.LongConvolution _,
              Mechanism.Memory _ ->
              false;
        };
  }

  /// Writes a mechanism into a graph.
  public static Outputs write(
      Graph graph, Sources sources, Mechanism mechanism, Set<Capture> captures) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise -> PairwiseGraph.write(graph, sources, pairwise, captures);
      case Mechanism.Linearized linearized ->
          LinearGraph.write(graph, sources, linearized, captures);
      case Mechanism.Recurrent recurrent ->
          RecurrentGraph.write(graph, sources, recurrent, captures);
      case Mechanism.LowRank lowRank -> LowRankGraph.write(graph, sources, lowRank, captures);
      case Mechanism.Landmark landmark -> LandmarkGraph.write(graph, sources, landmark, captures);
      case Mechanism.LongConvolution convolution ->
          ConvolutionGraph.write(graph, sources, convolution, captures);
      case Mechanism.NtmAddressing _ -> NtmGraph.write(graph, sources, captures);
      case Mechanism.NearestKeys nearest -> NearestGraph.write(graph, sources, nearest, captures);
      case Mechanism.MultiHop hops -> HopGraph.write(graph, sources, hops, captures);
      case Mechanism.WordMemory words -> HopGraph.write(graph, sources, words, captures);
      case Mechanism.ProductKeys products ->
          ProductKeyGraph.write(graph, sources, products, captures);
    };
  }
}
