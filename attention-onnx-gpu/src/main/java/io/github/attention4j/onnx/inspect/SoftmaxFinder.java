package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.onnx.inspect.Found.Decomposed;
import io.github.attention4j.onnx.inspect.Found.Masking;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Finds attention that is made of primitive operators.
///
/// A node that normalises is attention if its scores come from a product of two operands that both
/// depend on the run's data (a gate or a pooling multiplies with a weight instead), and its
/// probabilities reach a product with values that do as well.
final class SoftmaxFinder {
  /** Longer ways from the probabilities to the values are not attention as anyone writes it. */
  private static final int LONGEST_WAY = 16;

  private static final int WIDEST_SEARCH = 400;

  /** What is added to a score to mask it is no more than this. */
  static final double MASKED = -1e4;

  private static final Graph.Use NOWHERE = new Graph.Use(-1, -1);

  private final Graph graph;
  private final Sources sources;
  private final List<Refusal> refusals = new ArrayList<>();

  SoftmaxFinder(Graph graph, Sources sources) {
    this.graph = graph;
    this.sources = sources;
  }

  /// What [#find] met that looks like attention but is not, or cannot be shown.
  List<Refusal> refusals() {
    return refusals;
  }

  /// The attention whose probabilities this node makes, or null.
  @Nullable Decomposed find(int index) {
    Normaliser normaliser = Normaliser.of(graph, index);
    if (normaliser == null
        || (normaliser.flattens() && (normaliser.axis() == 0 || normaliser.axis() < -1))) {
      return null;
    }
    NodeProto node = graph.node(index);
    Walk walk = new Walk();
    walk.visit(normaliser.scores());
    if (walk.products.isEmpty()) {
      return null;
    }
    Way way = way(node.getOutput(0));
    if (way == null) {
      if (walk.products.stream().anyMatch(this::varies)) {
        refuse(index, "its probabilities meet no values on a way that is followed");
      }
      return null;
    }
    NodeProto product = graph.node(way.product.node());
    String values = Products.other(product, way.product.input());
    Candidate best = choose(walk.products, values, graph.isData(normaliser.scores()));
    if (best == null) {
      refuse(
          index,
          "its scores come from a product with a weight, not of queries and keys: a gate or a pooling, "
              + "additive scores, or mixed heads");
      return null;
    }
    List<Masking> masks = new ArrayList<>();
    walk.masks.forEach((mask, products) -> {
      if (products.contains(best)) {
        masks.add(mask);
      }
    });
    Candidate turned = best.turnedTowards(sources.of(values), sources);
    return new Decomposed(
        index,
        way.weights,
        List.copyOf(way.steps),
        way.product,
        best.node,
        turned.queries,
        turned.keys,
        masks);
  }

  private void refuse(int index, String reason) {
    refusals.add(new Refusal(graph.name(index), Graph.operator(graph.node(index)), reason));
  }

  private boolean varies(Candidate candidate) {
    return graph.isData(candidate.queries) && graph.isData(candidate.keys);
  }

  private record Way(String at, String weights, List<Integer> steps, Graph.Use product) {}

  /**
   * The way from probabilities to the product with values: breadth first, so that the shortest
   * wins.
   */
  private @Nullable Way way(String probabilities) {
    List<Way> open = List.of(new Way(probabilities, probabilities, List.of(), NOWHERE));
    for (int length = 0; length < LONGEST_WAY && !open.isEmpty(); length++) {
      List<Way> longer = new ArrayList<>();
      for (Way way : open) {
        for (Graph.Use use : graph.uses(way.at)) {
          if (meetsValues(way.at, use)) {
            return new Way(way.at, way.weights, way.steps, use);
          }
          NodeProto node = graph.node(use.node());
          String output = Graph.output(node, 0);
          if (longer.size() >= WIDEST_SEARCH) {
            return null;
          }
          if (use.input() == 0 && moves(node)) {
            List<Integer> steps = new ArrayList<>(way.steps);
            steps.add(use.node());
            longer.add(new Way(output, way.weights, steps, NOWHERE));
          } else if (changes(node, use.input())) {
            longer.add(new Way(output, output, List.of(), NOWHERE));
          }
        }
      }
      open = longer;
    }
    return null;
  }

  /**
   * Values depend on the run's data; or, in the first layer of a decoder that starts from learned
   * places alone (DETR), neither they nor the probabilities do, and both are computed.
   */
  private boolean meetsValues(String probabilities, Graph.Use use) {
    NodeProto node = graph.node(use.node());
    int[] operands = Products.operands(node);
    if (operands == null || (use.input() != operands[0] && use.input() != operands[1])) {
      return false;
    }
    String values = Products.other(node, use.input());
    return graph.isData(values) || (!graph.isData(probabilities) && graph.maker(values) != null);
  }

  /** Operators that move elements or change their type, no more. */
  static boolean moves(NodeProto node) {
    return Graph.is(
            node,
            "Cast",
            "Identity",
            "Dropout",
            "Reshape",
            "Squeeze",
            "Unsqueeze",
            "Flatten",
            "Transpose",
            "QuantizeLinear",
            "DequantizeLinear",
            "DynamicQuantizeLinear")
        || Graph.isMicrosoft(node, "QuantizeLinear", "DequantizeLinear");
  }

  /**
   * Operators that change probabilities and leave them probabilities: NaN to 0, a mask, a sink cut
   * off, a head switched off.
   */
  private boolean changes(NodeProto node, int input) {
    return switch (node.getOpType()) {
      case "Where" -> input > 0 && !graph.isData(node.getInput(3 - input));
      case "Slice" -> input == 0;
      case "Mul" -> !node.getInput(0).equals(node.getInput(1));
      case "Div" -> input == 0;
      default -> false;
    };
  }

  private record Candidate(int node, String queries, String keys) {
    /** With queries and keys the other way round, if only then keys come from where values do. */
    Candidate turnedTowards(Set<String> valueSources, Sources sources) {
      boolean turned =
          !sources.of(keys).equals(valueSources) && sources.of(queries).equals(valueSources);
      return turned ? new Candidate(node, /* queries= */ keys, /* keys= */ queries) : this;
    }
  }

  /**
   * The product of queries and keys among several: the one whose keys come from where the values
   * come from.
   */
  private @Nullable Candidate choose(Set<Candidate> candidates, String values, boolean scoresVary) {
    Set<String> valueSources = sources.of(values);
    Candidate best = null;
    boolean bestMatches = false;
    for (Candidate candidate : candidates) {
      boolean keysVary = graph.isData(candidate.keys);
      boolean learnedQuery =
          !graph.isData(candidate.queries) && keysVary && !sameValue(candidate.keys, values);
      boolean placesAlone =
          !scoresVary
              && graph.maker(candidate.queries) != null
              && graph.maker(candidate.keys) != null;
      if (varies(candidate) || learnedQuery || placesAlone) {
        boolean matches =
            sources.of(candidate.keys).equals(valueSources)
                || sources.of(candidate.queries).equals(valueSources);
        if (best == null || (matches && !bestMatches)) {
          best = candidate;
          bestMatches = matches;
        }
      }
    }
    return best;
  }

  /** Whether keys are the values themselves: a learned query then only pools them. */
  private boolean sameValue(String keys, String values) {
    return unmoved(keys).equals(unmoved(values));
  }

  private String unmoved(String value) {
    NodeProto maker = graph.maker(value);
    return maker != null && moves(maker) ? unmoved(maker.getInput(0)) : value;
  }

  /** A walk back from the scores to every product they come from, with the masks met on the way. */
  private final class Walk {
    private final Map<String, Set<Candidate>> visited = new HashMap<>();
    private final Set<Candidate> products = new LinkedHashSet<>();
    private final Map<Masking, Set<Candidate>> masks = new LinkedHashMap<>();

    /** The products behind this value. */
    Set<Candidate> visit(String value) {
      Set<Candidate> known = visited.get(value);
      if (known != null || visited.size() > WIDEST_SEARCH) {
        return known == null ? Set.of() : known;
      }
      visited.put(value, Set.of());
      Set<Candidate> behind = new HashSet<>();
      NodeProto node = graph.maker(value);
      if (node != null) {
        Candidate product = candidate(graph.producer(value), node);
        if (product != null) {
          behind.add(product);
          products.add(product);
        } else {
          for (int input : scoreInputs(node)) {
            behind.addAll(visit(node.getInput(input)));
          }
          note(node, behind);
        }
      }
      visited.put(value, behind);
      return behind;
    }

    private void note(NodeProto node, Set<Candidate> behind) {
      if (behind.isEmpty()) {
        return;
      }
      if (Graph.is(node, "Add")) {
        for (int input = 0; input < 2; input++) {
          if (visit(node.getInput(input)).isEmpty()) {
            masks.put(new Masking(node.getInput(input), true, false), behind);
          }
        }
      } else if (Graph.is(node, "Where")) {
        for (int input = 1; input < 3; input++) {
          if (graph.isConstantAtMost(node.getInput(input), MASKED)) {
            masks.put(new Masking(node.getInput(0), false, input == 1), behind);
          }
        }
      }
    }
  }

  private @Nullable Candidate candidate(int index, NodeProto node) {
    int[] operands = Products.operands(node);
    if (operands == null) {
      return null;
    }
    String first = node.getInput(operands[0]);
    String second = node.getInput(operands[1]);
    String[] letters = Graph.is(node, "Einsum") ? Products.equation(node) : null;
    if (letters != null && !letters[2].isEmpty()) {
      // The last letter of the result runs along the keys, unless something transposes it later.
      char last = letters[2].charAt(letters[2].length() - 1);
      if (letters[1].indexOf(last) < 0) {
        return new Candidate(index, second, first);
      }
    }
    return new Candidate(index, first, second);
  }

  /** The inputs through which scores come. */
  private static int[] scoreInputs(NodeProto node) {
    if (moves(node)
        || Graph.is(
            node,
            "Tanh",
            "Clip",
            "Neg",
            "Slice",
            "Expand",
            "Pad",
            "Gather",
            "GatherElements",
            "ScatterElements",
            "ScatterND",
            "Trilu")) {
      return new int[] {0};
    }
    if (Graph.is(node, "Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Concat", "PRelu")) {
      return IntStream.range(0, node.getInputCount()).toArray();
    }
    if (Graph.is(node, "Where")) {
      return new int[] {1, 2};
    }
    if (Graph.isMicrosoft(node, "QLinearAdd", "QLinearMul")) {
      return new int[] {0, 3};
    }
    return new int[0];
  }
}
