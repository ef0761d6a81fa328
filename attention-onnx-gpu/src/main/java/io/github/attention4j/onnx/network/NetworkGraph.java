package io.github.attention4j.onnx.network;

import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Port;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.graph.Variant;
import io.github.attention4j.onnx.mechanism.Outputs;
import io.github.attention4j.onnx.mechanism.Refusals;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A whole [Network] as one graph.
///
/// A network that remembers has, for each [Layer.Append] node, an input `NODE.past` `[batch, past,
/// channels]` and an output `NODE.present`, both joined inside the graph, and an input
/// `past_length` int64 `[1]` where positions are read. A past of length 0 is a plain run.
public final class NetworkGraph {
  /// The input that says how many positions were consumed before.
  public static final String PAST_LENGTH = "past_length";

  private static final int CONV_BFLOAT16_OPSET = 22;
  private static final String PAST = ".past";
  private static final String PRESENT = ".present";

  private final Graph graph;
  private final Network network;
  private final Collection<String> maps;
  private final Map<String, Value> values = new HashMap<>();
  private final Map<String, List<Axis>> axes = new HashMap<>();

  private NetworkGraph(Graph graph, Network network, Collection<String> maps) {
    this.graph = graph;
    this.network = network;
    this.maps = maps;
  }

  /// The graph of a network.
  ///
  /// @param maps the attention nodes whose weights are further outputs, under the nodes' names
  public static Graph of(Network network, Collection<String> maps, Target target) {
    Graph graph = new Graph(target, Variant.GENERAL, _ -> null);
    new NetworkGraph(graph, network, maps).write();
    return graph;
  }

  /// The name of the input that brings what a node remembers.
  public static String past(String node) {
    return node + PAST;
  }

  /// The name of the output that returns what a node remembers.
  public static String present(String node) {
    return node + PRESENT;
  }

  /// The nodes that remember.
  public static List<Network.Node> remembering(Network network) {
    return network.nodes().stream().filter(node -> node.layer() instanceof Layer.Append).toList();
  }

  /// Why a graph cannot go on from earlier steps; empty if it can. What a graph remembers are the
  /// inputs of [Layer.Append] nodes.
  public static List<String> sessionRefusals(Network network) {
    List<String> reasons = new ArrayList<>();
    for (Network.Node node : network.nodes()) {
      String forgets =
          switch (node.layer()) {
            case Layer.ShortConvolution _ -> "a short convolution";
            case Layer.Hyena _ -> "a Hyena recurrence";
            case Layer.Attend attend
                when !(attend.mechanism() instanceof Mechanism.Pairwise
                    || attend.mechanism() instanceof Mechanism.LowRank) ->
                attend.mechanism().getClass().getSimpleName();
            default -> "";
          };
      if (!forgets.isEmpty()) {
        reasons.add(
            "node "
                + node.name()
                + ": "
                + forgets
                + " does not go on from earlier steps in a graph, which remembers what Append"
                + " nodes hold; run the whole sequence");
      }
    }
    return reasons;
  }

  /// Why a network has no graph; empty if it has one.
  public static List<String> refusals(Network network) {
    List<String> reasons = new ArrayList<>();
    for (Network.Node node : network.nodes()) {
      List<String> each =
          switch (node.layer()) {
            case Layer.Attend attend -> Refusals.ofLayer(attend.mechanism());
            case Layer.Hyena hyena -> Refusals.of(hyena.operator(), Set.of());
            default -> List.of();
          };
      each.forEach(reason -> reasons.add("node " + node.name() + ": " + reason));
    }
    return reasons;
  }

  /// Why a network has no graph for this target in particular; empty if it has one.
  public static List<String> refusals(Network network, Target target) {
    List<String> reasons = new ArrayList<>();
    for (Network.Node node : network.nodes()) {
      boolean convolves =
          node.layer() instanceof Layer.Convolution1d
              || node.layer() instanceof Layer.Patches
              || node.layer() instanceof Layer.ShortConvolution;
      if (convolves && target.real() == Type.BFLOAT16 && target.opset() < CONV_BFLOAT16_OPSET) {
        reasons.add(
            "node "
                + node.name()
                + ": Conv takes bfloat16 from opset "
                + CONV_BFLOAT16_OPSET
                + " on, got opset "
                + target.opset());
      }
    }
    return reasons;
  }

  /// Refuses maps that are not there.
  ///
  /// @throws IllegalArgumentException if a name is no attention node
  public static void checkMaps(Network network, Collection<String> maps) {
    List<String> nodes = network.attentionNodes();
    for (String map : maps) {
      if (!nodes.contains(map)) {
        throw new IllegalArgumentException(
            "maps: expected attention nodes of network "
                + network.name()
                + " "
                + nodes
                + ", got '"
                + map
                + "'");
      }
    }
  }

  private void write() {
    for (Port port : network.inputs()) {
      List<Axis> portAxes = port.axes().stream().map(Axis::of).toList();
      values.put(
          port.name(),
          graph.input(port.name(), Type.of(port.type()), portAxes.toArray(Axis[]::new)));
      axes.put(port.name(), portAxes);
    }
    Value past =
        !remembering(network).isEmpty() && readsPositions()
            ? graph.longs(PAST_LENGTH, "1")
            : graph.vector(0);
    for (Network.Node node : network.nodes()) {
      List<Value> from = node.inputs().stream().map(this::value).toList();
      List<List<Axis>> fromAxes = node.inputs().stream().map(this::axes).toList();
      values.put(
          node.name(),
          graph.stage(
              node.name(),
              node.layer().getClass().getSimpleName(),
              () -> write(node, from, fromAxes, past)));
      axes.put(node.name(), NetworkAxes.of(node, fromAxes));
    }
    network
        .outputs()
        .forEach((name, node) -> graph.output(name, value(node), axes(node).toArray(Axis[]::new)));
  }

  private boolean readsPositions() {
    return network.nodes().stream()
        .anyMatch(node ->
            node.layer() instanceof Layer.AddPositions
                || (node.layer() instanceof Layer.Rotate && node.inputs().size() == 1));
  }

  private Value write(Network.Node node, List<Value> from, List<List<Axis>> fromAxes, Value past) {
    return switch (node.layer()) {
      case Layer.Attend attend -> {
        boolean map = maps.contains(node.name());
        Outputs outputs = AttendGraph.write(graph, attend, from, map);
        if (map) {
          graph.output(
              node.name(),
              outputs.value("weights"),
              fromAxes.get(0).get(0),
              new Axis.Fixed(attend.heads()),
              fromAxes.get(0).get(1),
              fromAxes.get(1).get(1));
        }
        yield outputs.value("output");
      }
      case Layer.Append(var channels) -> {
        Axis batch = fromAxes.getFirst().getFirst();
        Value before =
            graph.input(
                past(node.name()),
                Type.FLOAT,
                batch,
                new Axis.Named("past"),
                new Axis.Fixed(channels));
        Value joined = Value.concat(1, before, from.getFirst());
        graph.output(
            present(node.name()), joined, NetworkAxes.of(node, fromAxes).toArray(Axis[]::new));
        yield joined;
      }
      case Layer.Hyena hyena -> AttendGraph.write(graph, hyena, from);
      default -> new LayerGraph(graph, node.name(), past).write(node.layer(), from);
    };
  }

  private Value value(String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("'" + name + "' is not written yet");
    }
    return value;
  }

  private List<Axis> axes(String name) {
    return axes.getOrDefault(name, List.of());
  }
}
