package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.FunctionProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Attention inside subgraphs (`If`, `Loop`, `Scan`) and model-local functions, which is refused by
/// name: what happens there is not a value of the graph that could be returned.
final class Hidden {
  private final Map<String, FunctionProto> functions = new HashMap<>();

  private Hidden(ModelProto model) {
    for (FunctionProto function : model.getFunctionsList()) {
      functions.put(function.getDomain() + "::" + function.getName(), function);
    }
  }

  static List<Refusal> refusals(Graph graph, ModelProto model) {
    Hidden hidden = new Hidden(model);
    List<Refusal> refusals = new ArrayList<>();
    for (int index = 0; index < graph.size(); index++) {
      NodeProto node = graph.node(index);
      List<String> inside = new ArrayList<>();
      hidden.collect(node, inside, new HashSet<>(), false);
      if (!inside.isEmpty()) {
        refusals.add(
            new Refusal(
                graph.name(index),
                Graph.operator(node),
                "it has "
                    + String.join(", ", inside)
                    + " inside, which a run of the graph cannot return"));
      }
    }
    return refusals;
  }

  private void collect(NodeProto node, List<String> inside, Set<String> entered, boolean nested) {
    if (nested && looksLikeAttention(node)) {
      inside.add(
          Graph.operator(node) + (node.getName().isEmpty() ? "" : " '" + node.getName() + "'"));
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        collect(attribute.getG(), inside, entered);
      }
      for (GraphProto graph : attribute.getGraphsList()) {
        collect(graph, inside, entered);
      }
    }
    String name = node.getDomain() + "::" + node.getOpType();
    FunctionProto function = functions.get(name);
    if (function != null && entered.add(name)) {
      function.getNodeList().forEach(one -> collect(one, inside, entered, true));
      entered.remove(name);
    }
  }

  private void collect(GraphProto graph, List<String> inside, Set<String> entered) {
    graph.getNodeList().forEach(node -> collect(node, inside, entered, true));
  }

  private static boolean looksLikeAttention(NodeProto node) {
    return Graph.is(node, "Softmax", "Attention", "FlexAttention")
        || (node.getDomain().equals("com.microsoft") && node.getOpType().endsWith("Attention"));
  }
}
