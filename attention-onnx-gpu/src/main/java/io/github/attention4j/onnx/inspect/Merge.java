package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.inspect.Axes.Factor;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The way from the weighted sums of the values to the projection that follows.
///
/// On it the heads are merged: what ends up beside the size of the values along the last axis is
/// the heads.
final class Merge {
  private static final int LONGEST_WAY = 24;

  private final Graph graph;
  private final List<NodeProto> steps = new ArrayList<>();
  private final Map<NodeProto, String> shapes = new HashMap<>();
  private final @Nullable NodeProto projection;
  private final int operand;
  private boolean linear = true;

  /// Follows `value`, and has the sizes it passes through fetched.
  Merge(Graph graph, Extension extension, String value) {
    this.graph = graph;
    NodeProto end = null;
    int endOperand = 0;
    String at = value;
    for (int length = 0; length < LONGEST_WAY; length++) {
      Graph.Use use = next(at);
      if (use == null) {
        break;
      }
      NodeProto node = graph.node(use.node());
      if (Products.operands(node) != null) {
        end = node;
        endOperand = use.input();
        break;
      }
      linear &= SoftmaxFinder.moves(node);
      steps.add(node);
      if (resizes(node)) {
        shapes.put(node, extension.shape(node.getOutput(0)));
      }
      at = node.getOutput(0);
    }
    projection = end;
    operand = endOperand;
  }

  /// Whether the node arranges the same elements under other sizes.
  static boolean resizes(NodeProto node) {
    return Graph.is(node, "Reshape", "Squeeze", "Unsqueeze", "Flatten");
  }

  private Graph.@Nullable Use next(String value) {
    Graph.Use best = null;
    int bestRank = 3;
    for (Graph.Use use : graph.uses(value)) {
      int rank = rank(use);
      if (rank < bestRank) {
        best = use;
        bestRank = rank;
      }
    }
    return best;
  }

  /**
   * 0 for what moves elements, 1 for a projection, 2 for what works element by element, 3 for
   * anything else.
   */
  private int rank(Graph.Use use) {
    NodeProto node = graph.node(use.node());
    if (use.input() == 0 && SoftmaxFinder.moves(node)) {
      return 0;
    }
    int[] operands = Products.operands(node);
    if (operands != null) {
      boolean reads = use.input() == operands[0] || use.input() == operands[1];
      int other = use.input() == operands[0] ? operands[1] : operands[0];
      return reads && !graph.isData(node.getInput(other)) ? 1 : 3;
    }
    boolean elementwise =
        Graph.is(node, "Mul", "Div", "Add", "Sub")
            || (use.input() == 0
                && Graph.is(
                    node,
                    "LayerNormalization",
                    "RMSNormalization",
                    "SimplifiedLayerNormalization"));
    return elementwise ? 2 : 3;
  }

  /// The outputs to fetch for [#heads].
  Iterable<String> sizes() {
    return shapes.values();
  }

  /// The factors that are the heads, or null if the way does not tell.
  ///
  /// @param axes of the value the way starts from
  /// @param size the factors of that value which are the size of the values
  @Nullable List<Factor> heads(Axes axes, List<Factor> size, Fetched fetched) {
    Axes at = axes;
    for (NodeProto step : steps) {
      if (Graph.is(step, "Transpose")) {
        at = at.transpose(permutation(step, at.rank()));
      } else {
        String shape = shapes.get(step);
        Axes after = shape == null ? at : at.reshape(fetched.shape(shape));
        if (after == null) {
          return null;
        }
        at = after;
      }
    }
    List<Factor> merged;
    NodeProto end = projection;
    if (end != null && Graph.is(end, "Einsum")) {
      merged = contracted(end, at);
      if (merged == null) {
        return null;
      }
    } else {
      boolean rows = end != null && operand > 0 && !Products.transposes(end, 1);
      if (at.rank() < (rows ? 2 : 1)) {
        return null;
      }
      merged = at.axis(rows ? -2 : -1);
    }
    List<Factor> sizes = leaves(size);
    List<Factor> heads = new ArrayList<>(merged);
    heads.removeAll(sizes);
    boolean tells = !heads.isEmpty() || end != null;
    return tells && merged.containsAll(sizes) ? heads : null;
  }

  private @Nullable List<Factor> contracted(NodeProto einsum, Axes at) {
    String[] letters = Products.equation(einsum);
    if (letters == null
        || letters[operand].contains(".")
        || letters[operand].length() != at.rank()) {
      return null;
    }
    List<Factor> merged = new ArrayList<>();
    for (int axis = 0; axis < at.rank(); axis++) {
      if (letters[2].indexOf(letters[operand].charAt(axis)) < 0) {
        merged.addAll(at.axis(axis));
      }
    }
    return merged;
  }

  static List<Factor> leaves(List<Factor> factors) {
    return new Axes(List.of(factors)).axis(0);
  }

  static int[] permutation(NodeProto transpose, int rank) {
    AttributeProto attribute = Graph.attribute(transpose, "perm");
    int[] permutation = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      permutation[axis] = attribute == null ? rank - 1 - axis : (int) attribute.getInts(axis);
    }
    return permutation;
  }

  /// The projection's weight as the graph holds it, or null if there is none that can be told.
  @Nullable String weight() {
    NodeProto end = projection;
    if (end == null || !linear) {
      return null;
    }
    if (Graph.is(end, "MatMul", "Gemm") || Graph.isMicrosoft(end, "FusedMatMul")) {
      return operand == 0
              && Graph.integer(end, "transA", 0) == 0
              && Graph.integer(end, "transBatchA", 0) == 0
              && Graph.integer(end, "transBatchB", 0) == 0
          ? end.getInput(1)
          : null;
    }
    return null;
  }

  /// Whether [#weight] has the model's size first.
  boolean weightIsTransposed() {
    return projection != null && Graph.integer(projection, "transB", 0) != 0;
  }

  /// Why there is no [#weight].
  String reason() {
    if (projection == null) {
      return "no output projection was found";
    }
    return linear
        ? "the output projection " + Graph.operator(projection) + " is not read"
        : "between the weighted sums and the output projection stand operators that are not linear";
  }
}
