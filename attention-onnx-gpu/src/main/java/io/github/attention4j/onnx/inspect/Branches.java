package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The branches of `If`, put in the place of the node once it is known which one a run takes.
///
/// Decoders that are exported with and without a key/value cache in one file hold each in a branch;
/// scripted exporters put a branch around every squeeze. Neither is a value of the graph.
final class Branches {
  private Branches() {}

  /// The `If` nodes of the graph itself, without those inside branches and loops.
  static List<NodeProto> open(GraphProto graph) {
    return graph.getNodeList().stream()
        .filter(node -> Graph.is(node, "If") && node.getInputCount() == 1)
        .toList();
  }

  /// What the condition is called.
  static String condition(NodeProto branching) {
    return branching.getInput(0);
  }

  /// The condition if it can be told without a run: it is a constant, or an input that is given;
  /// null otherwise.
  static @Nullable Boolean known(GraphProto graph, NodeProto branching, @Nullable Inputs inputs) {
    Map<String, NodeProto> makers = new HashMap<>();
    graph
        .getNodeList()
        .forEach(node -> node.getOutputList().forEach(output -> makers.put(output, node)));
    String at = condition(branching);
    boolean negated = false;
    for (NodeProto maker = makers.get(at); maker != null; maker = makers.get(at)) {
      if (Graph.is(maker, "Constant")) {
        AttributeProto value = Graph.attribute(maker, "value");
        Boolean constant = value == null ? null : truth(value.getT());
        return constant == null ? null : constant != negated;
      }
      boolean passes =
          Graph.is(maker, "Identity", "Cast", "Squeeze", "Reshape", "Unsqueeze", "Not");
      if (!passes) {
        return null;
      }
      negated ^= Graph.is(maker, "Not");
      at = maker.getInput(0);
    }
    for (TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getName().equals(at)) {
        Boolean constant = truth(tensor);
        return constant == null ? null : constant != negated;
      }
    }
    Boolean given =
        switch (inputs == null ? null : inputs.find(at)) {
          case BooleanTensor one when one.shape().elements() == 1 -> one.at(0);
          case LongTensor one when one.shape().elements() == 1 -> one.at(0) != 0;
          case null, default -> null;
        };
    return given == null ? null : given != negated;
  }

  private static @Nullable Boolean truth(TensorProto tensor) {
    boolean raw = tensor.hasRawData() && tensor.getRawData().size() == 1;
    if (tensor.getDataType() != TensorProto.DataType.BOOL_VALUE
        || (!raw && tensor.getInt32DataCount() != 1)) {
      return null;
    }
    return raw ? tensor.getRawData().byteAt(0) != 0 : tensor.getInt32Data(0) != 0;
  }

  /// The graph with the chosen branch in the place of each of its `If` nodes.
  ///
  /// Names of a branch stay unless the graph has them already.
  ///
  /// @param choices which branch each node takes, by the name of its first output
  static GraphProto taken(GraphProto graph, Map<String, Boolean> choices) {
    Set<String> used = new HashSet<>();
    graph.getInputList().forEach(input -> used.add(input.getName()));
    graph.getInitializerList().forEach(tensor -> used.add(tensor.getName()));
    graph.getNodeList().forEach(node -> used.addAll(node.getOutputList()));
    Set<String> nodeNames = new HashSet<>();
    graph.getNodeList().forEach(node -> nodeNames.add(node.getName()));
    GraphProto.Builder flat = graph.toBuilder().clearNode();
    for (NodeProto node : graph.getNodeList()) {
      Boolean choice = Graph.is(node, "If") ? choices.get(key(node)) : null;
      AttributeProto branch =
          choice == null ? null : Graph.attribute(node, choice ? "then_branch" : "else_branch");
      if (branch == null) {
        flat.addNode(node);
      } else {
        put(branch.getG(), node, flat, used, nodeNames);
      }
    }
    return flat.build();
  }

  /// What a node is called in the choices.
  static String key(NodeProto branching) {
    return Graph.output(branching, 0);
  }

  private static void put(
      GraphProto branch,
      NodeProto branching,
      GraphProto.Builder flat,
      Set<String> used,
      Set<String> nodeNames) {
    Map<String, String> names = new HashMap<>();
    Set<String> defined = new LinkedHashSet<>();
    branch.getInitializerList().forEach(tensor -> defined.add(tensor.getName()));
    branch.getSparseInitializerList().forEach(tensor -> defined.add(tensor.getValues().getName()));
    branch.getNodeList().forEach(node -> defined.addAll(node.getOutputList()));
    defined.remove("");
    for (String name : defined) {
      names.put(name, free(name, key(branching), used));
    }
    for (TensorProto tensor : branch.getInitializerList()) {
      flat.addInitializer(
          tensor.toBuilder().setName(names.getOrDefault(tensor.getName(), tensor.getName())));
    }
    branch
        .getSparseInitializerList()
        .forEach(tensor -> {
          var renamed = tensor.toBuilder();
          String name = tensor.getValues().getName();
          renamed.getValuesBuilder().setName(names.getOrDefault(name, name));
          flat.addSparseInitializer(renamed);
        });
    for (ValueInfoProto info : branch.getValueInfoList()) {
      flat.addValueInfo(
          info.toBuilder().setName(names.getOrDefault(info.getName(), info.getName())));
    }
    for (NodeProto node : branch.getNodeList()) {
      NodeProto.Builder renamed = Renaming.node(node, name -> names.getOrDefault(name, name));
      if (!node.getName().isEmpty()) {
        renamed.setName(free(node.getName(), key(branching), nodeNames));
      }
      flat.addNode(renamed);
    }
    List<NodeProto> results = new ArrayList<>();
    for (int i = 0; i < branching.getOutputCount() && i < branch.getOutputCount(); i++) {
      String from = branch.getOutput(i).getName();
      if (!branching.getOutput(i).isEmpty()) {
        results.add(
            NodeProto.newBuilder()
                .setOpType("Identity")
                .addInput(names.getOrDefault(from, from))
                .addOutput(branching.getOutput(i))
                .build());
      }
    }
    flat.addAllNode(results);
  }

  /** The name itself, or one behind the branching's if it is taken. */
  private static String free(String name, String prefix, Set<String> taken) {
    String free = name;
    for (int i = 1; !taken.add(free); i++) {
      free = prefix + "/" + name + (i == 1 ? "" : "#" + i);
    }
    return free;
  }
}
