package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// Where queries, keys and values come from: the values that their projections read.
final class Sources {
  private static final int WIDEST_SEARCH = 400;

  private final Graph graph;
  private final Map<String, Set<String>> known = new HashMap<>();

  Sources(Graph graph) {
    this.graph = graph;
  }

  /// The data that the projection before `value` reads; without a projection, the data it starts
  /// from.
  ///
  /// A key/value cache is not counted where new keys are appended to it.
  Set<String> of(String value) {
    Set<String> found = known.get(value);
    if (found == null) {
      Set<String> projected = new LinkedHashSet<>();
      Set<String> others = new LinkedHashSet<>();
      walk(value, projected, others, new HashSet<>());
      found = projected.isEmpty() ? others : projected;
      known.put(value, found);
    }
    return found;
  }

  /// The inputs that reach `value` beside new projections: a key/value cache in front of new keys
  /// or values.
  Set<String> caches(String value) {
    Set<String> projected = new LinkedHashSet<>();
    Set<String> others = new LinkedHashSet<>();
    walk(value, projected, others, new HashSet<>());
    others.removeIf(name -> projected.isEmpty() || !graph.isInput(name));
    return others;
  }

  private void walk(String value, Set<String> projected, Set<String> others, Set<String> seen) {
    if (!graph.isData(value) || !seen.add(value)) {
      return;
    }
    NodeProto node = graph.maker(value);
    if (node == null || seen.size() > WIDEST_SEARCH) {
      others.add(value);
      return;
    }
    if (isProjection(node)) {
      node.getInputList().stream().filter(graph::isData).forEach(projected::add);
      return;
    }
    if (!passes(node)) {
      others.add(value);
      return;
    }
    int inputs = reads(node);
    for (int i = 0; i < Math.min(inputs, node.getInputCount()); i++) {
      walk(node.getInput(i), projected, others, seen);
    }
  }

  private boolean isProjection(NodeProto node) {
    int[] operands = Products.operands(node);
    if (operands != null) {
      return graph.isData(node.getInput(operands[0])) != graph.isData(node.getInput(operands[1]));
    }
    return Graph.is(node, "Conv", "ConvInteger", "QLinearConv")
        || Graph.isMicrosoft(node, "MatMulNBits", "MatMulBnb4", "QGemm", "FusedConv", "FusedGemm");
  }

  /**
   * Whether what the node returns is still the same stream: moved, scaled, shifted, rotated,
   * normalised.
   */
  private static boolean passes(NodeProto node) {
    return SoftmaxFinder.moves(node)
        || Graph.is(
            node,
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Neg",
            "Pow",
            "Sqrt",
            "Reciprocal",
            "ReduceMean",
            "ReduceSum",
            "ReduceL2",
            "ReduceSumSquare",
            "LayerNormalization",
            "SimplifiedLayerNormalization",
            "RMSNormalization",
            "LpNormalization",
            "RotaryEmbedding",
            "Slice",
            "Split",
            "Gather",
            "Expand",
            "Tile",
            "Pad",
            "Concat",
            "Where",
            "Clip",
            "ScatterElements",
            "ScatterND",
            "TensorScatter")
        || Graph.isMicrosoft(
            node, "RotaryEmbedding", "QLinearAdd", "QLinearMul", "QLinearConcat", "BiasAdd");
  }

  private static int reads(NodeProto node) {
    return Graph.is(node, "Gather", "Slice", "Expand", "Tile", "Pad", "RotaryEmbedding", "Clip")
            || Graph.isMicrosoft(node, "RotaryEmbedding")
            || SoftmaxFinder.moves(node)
        ? 1
        : node.getInputCount();
  }
}
