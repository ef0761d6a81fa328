package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.HashSet;
import java.util.Set;

/// What ONNX's checker asks of a model's structure.
final class GraphRules {
  private GraphRules() {}

  static void check(ModelProto model) {
    assertEquals(10, model.getIrVersion());
    assertFalse(model.getGraph().getName().isEmpty());
    assertFalse(model.getGraph().getDocString().isEmpty());
    for (ValueInfoProto info : model.getGraph().getInputList()) {
      assertTyped(info);
    }
    for (ValueInfoProto info : model.getGraph().getOutputList()) {
      assertTyped(info);
    }
    check(model.getGraph(), new HashSet<>(), new HashSet<>(), new HashSet<>());
  }

  private static void assertTyped(ValueInfoProto info) {
    assertTrue(info.getType().hasTensorType(), info.getName());
    assertTrue(info.getType().getTensorType().hasElemType(), info.getName());
    assertTrue(info.getType().getTensorType().hasShape(), info.getName());
    info.getType()
        .getTensorType()
        .getShape()
        .getDimList()
        .forEach(dim -> assertTrue(dim.hasDimValue() || dim.hasDimParam(), info.getName()));
  }

  /// Every value is made once, before it is read; every node has a name of its own.
  private static void check(
      GraphProto graph, Set<String> outer, Set<String> allValues, Set<String> allNodes) {
    Set<String> known = new HashSet<>(outer);
    graph.getInputList().forEach(info -> define(info.getName(), known, allValues));
    for (TensorProto tensor : graph.getInitializerList()) {
      define(tensor.getName(), known, allValues);
    }
    for (NodeProto node : graph.getNodeList()) {
      assertTrue(allNodes.add(node.getName()), "node " + node.getName() + " is there twice");
      for (String input : node.getInputList()) {
        assertTrue(
            input.isEmpty() || known.contains(input),
            node.getName() + " reads " + input + " before it is made");
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        assertTrue(attribute.hasType(), node.getName() + " " + attribute.getName());
        if (attribute.hasG()) {
          check(attribute.getG(), known, allValues, allNodes);
        }
      }
      node.getOutputList().forEach(output -> define(output, known, allValues));
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      assertTrue(known.contains(output.getName()), "output " + output.getName() + " is not made");
    }
  }

  private static void define(String name, Set<String> known, Set<String> allValues) {
    assertTrue(allValues.add(name), "value " + name + " is made twice");
    known.add(name);
  }
}
