package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.function.UnaryOperator;

/** Nodes with their values under other names, those of their subgraphs as well. */
final class Renaming {
  private Renaming() {}

  /// The node with every value renamed; an empty name, which stands for a missing value, stays.
  static NodeProto.Builder node(NodeProto node, UnaryOperator<String> names) {
    NodeProto.Builder renamed = node.toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      renamed.setInput(i, name(node.getInput(i), names));
    }
    for (int i = 0; i < node.getOutputCount(); i++) {
      renamed.setOutput(i, name(node.getOutput(i), names));
    }
    for (int i = 0; i < node.getAttributeCount(); i++) {
      AttributeProto attribute = node.getAttribute(i);
      if (attribute.hasG() || attribute.getGraphsCount() > 0) {
        renamed.setAttribute(i, attribute(attribute, names));
      }
    }
    return renamed;
  }

  private static AttributeProto attribute(AttributeProto attribute, UnaryOperator<String> names) {
    AttributeProto.Builder renamed = attribute.toBuilder();
    if (attribute.hasG()) {
      renamed.setG(graph(attribute.getG(), names));
    }
    for (int i = 0; i < attribute.getGraphsCount(); i++) {
      renamed.setGraphs(i, graph(attribute.getGraphs(i), names));
    }
    return renamed.build();
  }

  private static GraphProto graph(GraphProto graph, UnaryOperator<String> names) {
    GraphProto.Builder renamed = graph.toBuilder();
    for (int i = 0; i < graph.getNodeCount(); i++) {
      renamed.setNode(i, node(graph.getNode(i), names));
    }
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      renamed.getInitializerBuilder(i).setName(name(graph.getInitializer(i).getName(), names));
    }
    for (int i = 0; i < graph.getInputCount(); i++) {
      renamed.setInput(i, info(graph.getInput(i), names));
    }
    for (int i = 0; i < graph.getOutputCount(); i++) {
      renamed.setOutput(i, info(graph.getOutput(i), names));
    }
    for (int i = 0; i < graph.getValueInfoCount(); i++) {
      renamed.setValueInfo(i, info(graph.getValueInfo(i), names));
    }
    return renamed.build();
  }

  private static ValueInfoProto info(ValueInfoProto info, UnaryOperator<String> names) {
    return info.toBuilder().setName(name(info.getName(), names)).build();
  }

  private static String name(String name, UnaryOperator<String> names) {
    return name.isEmpty() ? name : names.apply(name);
  }
}
