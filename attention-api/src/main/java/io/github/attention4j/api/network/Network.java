package io.github.attention4j.api.network;

import io.github.attention4j.api.ElementType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A whole model as data: named layers in the order they run, each reading inputs or earlier
/// layers. Providers compile it into a [Program], natively or as one ONNX graph.
///
/// @param name of the model, for messages and exported files
/// @param inputs what a run needs
/// @param nodes the layers in order
/// @param outputs what a run returns: the result's name and the node it comes from
public record Network(
    String name, List<Port> inputs, List<Node> nodes, Map<String, String> outputs) {
  public Network {
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    Set<String> defined = new HashSet<>();
    for (Port input : inputs) {
      if (!defined.add(input.name())) {
        throw new IllegalArgumentException("inputs: '" + input.name() + "' is there twice");
      }
    }
    for (Node node : nodes) {
      for (String input : node.inputs()) {
        if (!defined.contains(input)) {
          throw new IllegalArgumentException(
              "node " + node.name() + ": reads '" + input + "', which no earlier node defines");
        }
      }
      if (!defined.add(node.name())) {
        throw new IllegalArgumentException("nodes: '" + node.name() + "' is there twice");
      }
    }
    outputs.forEach((output, node) -> {
      if (!defined.contains(node)) {
        throw new IllegalArgumentException(
            "output " + output + ": comes from '" + node + "', which is not defined");
      }
    });
  }

  /// One layer in its place.
  ///
  /// @param name of the node and of the value it computes
  /// @param layer what it computes
  /// @param inputs the names of inputs or earlier nodes it reads, in the layer's order
  public record Node(String name, Layer layer, List<String> inputs) {
    public Node {
      inputs = List.copyOf(inputs);
    }
  }

  /// Starts a network.
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /// The names of all attention layers, in order: what [Program] can return maps of.
  public List<String> attentionNodes() {
    return nodes.stream()
        .filter(node -> node.layer() instanceof Layer.Attend)
        .map(Node::name)
        .toList();
  }

  /// The node of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public Node node(String nodeName) {
    return nodes.stream()
        .filter(node -> node.name().equals(nodeName))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "node: expected one of network " + name + ", got '" + nodeName + "'"));
  }

  /// Whether there is a layer that remembers, so that a [Program.Session] makes sense.
  public boolean hasState() {
    return nodes.stream()
        .map(Node::layer)
        .anyMatch(layer ->
            layer instanceof Layer.Append
                || layer instanceof Layer.ShortConvolution
                || layer instanceof Layer.Hyena);
  }

  /// Collects inputs, layers and outputs; every method that adds a layer returns the name of its
  /// value.
  public static final class Builder {
    private final String name;
    private final List<Port> inputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, String> outputs = new LinkedHashMap<>();

    private Builder(String name) {
      this.name = name;
    }

    /// Declares an input; see [Port].
    public String input(String inputName, ElementType type, String... axes) {
      inputs.add(new Port(inputName, type, List.of(axes)));
      return inputName;
    }

    /// Adds a layer.
    public String layer(String nodeName, Layer layer, String... from) {
      nodes.add(new Node(nodeName, layer, List.of(from)));
      return nodeName;
    }

    /// Names a result.
    public Builder output(String outputName, String value) {
      outputs.put(outputName, value);
      return this;
    }

    /// The network.
    ///
    /// @throws IllegalArgumentException if a name is read before it is defined or defined twice
    public Network build() {
      return new Network(name, inputs, nodes, outputs);
    }
  }
}
