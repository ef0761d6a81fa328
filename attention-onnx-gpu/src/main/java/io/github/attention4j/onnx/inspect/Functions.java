package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.FunctionProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Puts the bodies of model-local functions where they are called.
///
/// Exporters before torch 2.6 wrap every operator, and some still every module, in a function; what
/// happens inside one is no value of the graph. The values of a body are called after the call's
/// node, so that names stay unique.
final class Functions {
  /** A model of a few kilobytes could unfold to more nodes than there are atoms. */
  private static final int MOST_NODES = 1_000_000;

  private static final int DEEPEST_CALL = 64;

  private final Map<String, FunctionProto> functions = new HashMap<>();
  private final Map<String, Long> versions = new LinkedHashMap<>();
  private final Set<String> taken = new HashSet<>();
  private int nodes;
  private boolean left;

  private Functions(ModelProto model) {
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      versions.put(domain(opset.getDomain()), opset.getVersion());
    }
    for (FunctionProto function : model.getFunctionsList()) {
      functions.put(
          key(function.getDomain(), function.getName(), function.getOverload()), function);
    }
  }

  /// The model with every call replaced, or the model itself if it has no functions.
  ///
  /// A function written for another version of an operator set than the model's stays a call.
  ///
  /// @throws IllegalArgumentException if calls run in circles or unfold to too many nodes
  static ModelProto unfolded(ModelProto model) {
    if (model.getFunctionsCount() == 0) {
      return model;
    }
    Functions functions = new Functions(model);
    ModelProto.Builder unfolded = model.toBuilder();
    unfolded.setGraph(functions.graph(model.getGraph()));
    if (!functions.left) {
      // The runtime would build every one of them, called or not.
      unfolded.clearFunctions();
    }
    unfolded.clearOpsetImport();
    functions.versions.forEach((domain, version) ->
        unfolded.addOpsetImport(
            OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version)));
    return unfolded.build();
  }

  private static String key(String domain, String name, String overload) {
    return domain(domain) + "::" + name + "::" + overload;
  }

  private static String domain(String domain) {
    return domain.equals("ai.onnx") ? "" : domain;
  }

  private GraphProto graph(GraphProto graph) {
    List<NodeProto> unfolded = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      unfold(node, unfolded, 0);
    }
    return graph.toBuilder().clearNode().addAllNode(unfolded).build();
  }

  private void unfold(NodeProto node, List<NodeProto> into, int depth) {
    FunctionProto function =
        functions.get(key(node.getDomain(), node.getOpType(), node.getOverload()));
    if (depth > DEEPEST_CALL) {
      throw new IllegalArgumentException(
          "functions: expected calls at most "
              + DEEPEST_CALL
              + " deep, got more at '"
              + node.getOpType()
              + "'");
    }
    if (function != null && fits(function)) {
      for (NodeProto inner : body(node, function)) {
        unfold(inner, into, depth + 1);
      }
      return;
    }
    left |= function != null;
    if (++nodes > MOST_NODES) {
      throw new IllegalArgumentException(
          "functions: expected at most " + MOST_NODES + " nodes when unfolded, got more");
    }
    into.add(withinSubgraphs(node));
  }

  private NodeProto withinSubgraphs(NodeProto node) {
    NodeProto.Builder whole = null;
    for (int i = 0; i < node.getAttributeCount(); i++) {
      AttributeProto attribute = node.getAttribute(i);
      if (attribute.hasG()) {
        whole = whole == null ? node.toBuilder() : whole;
        whole.getAttributeBuilder(i).setG(graph(attribute.getG()));
      }
    }
    return whole == null ? node : whole.build();
  }

  /** Whether the function means the same operators as the model does. */
  private boolean fits(FunctionProto function) {
    for (OperatorSetIdProto opset : function.getOpsetImportList()) {
      Long version = versions.get(domain(opset.getDomain()));
      if (version != null && version != opset.getVersion()) {
        return false;
      }
    }
    for (OperatorSetIdProto opset : function.getOpsetImportList()) {
      versions.put(domain(opset.getDomain()), opset.getVersion());
    }
    return true;
  }

  private List<NodeProto> body(NodeProto call, FunctionProto function) {
    String prefix = prefix(call);
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < function.getInputCount(); i++) {
      names.put(function.getInput(i), Graph.input(call, i));
    }
    List<NodeProto> body = new ArrayList<>();
    for (int i = 0; i < function.getOutputCount(); i++) {
      String formal = function.getOutput(i);
      String actual = Graph.output(call, i);
      String known = names.putIfAbsent(formal, actual);
      if (known == null && actual.isEmpty()) {
        names.remove(formal);
      } else if (known != null && !actual.isEmpty()) {
        // Handed through, or returned twice.
        body.add(identity(known, actual));
      }
    }
    int handedOn = body.size();
    Map<String, AttributeProto> attributes = new HashMap<>();
    function.getAttributeProtoList().forEach(one -> attributes.put(one.getName(), one));
    call.getAttributeList().forEach(one -> attributes.put(one.getName(), one));
    for (NodeProto node : function.getNodeList()) {
      NodeProto.Builder renamed =
          Renaming.node(
              given(node, attributes),
              name -> {
                String known = names.get(name);
                return known == null ? prefix + "/" + name : known;
              });
      renamed.setName(
          prefix + "/" + (node.getName().isEmpty() ? node.getOpType() : node.getName()));
      body.add(renamed.build());
    }
    // Behind what makes their values.
    List<NodeProto> ordered = new ArrayList<>(body.subList(handedOn, body.size()));
    ordered.addAll(body.subList(0, handedOn));
    return ordered;
  }

  private static NodeProto identity(String from, String to) {
    return NodeProto.newBuilder().setOpType("Identity").addInput(from).addOutput(to).build();
  }

  private String prefix(NodeProto call) {
    String base = call.getName().isEmpty() ? call.getOpType() : call.getName();
    String prefix = base;
    for (int i = 2; !taken.add(prefix); i++) {
      prefix = base + "#" + i;
    }
    return prefix;
  }

  /** The node with the call's attributes where it refers to them, in its subgraphs as well. */
  private static NodeProto given(NodeProto node, Map<String, AttributeProto> attributes) {
    NodeProto.Builder filled = node.toBuilder().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      AttributeProto value = given(attribute, attributes);
      if (value != null) {
        filled.addAttribute(value);
      }
    }
    return filled.build();
  }

  /** Null where the call leaves an attribute out that has no default. */
  private static @Nullable AttributeProto given(
      AttributeProto attribute, Map<String, AttributeProto> attributes) {
    if (attribute.hasRefAttrName()) {
      AttributeProto value = attributes.get(attribute.getRefAttrName());
      return value == null ? null : value.toBuilder().setName(attribute.getName()).build();
    }
    if (!attribute.hasG()) {
      return attribute;
    }
    GraphProto.Builder graph = attribute.getG().toBuilder();
    for (int i = 0; i < graph.getNodeCount(); i++) {
      graph.setNode(i, given(graph.getNode(i), attributes));
    }
    return attribute.toBuilder().setG(graph).build();
  }
}
