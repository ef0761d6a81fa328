package io.github.attention4j.onnx.graph;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Nodes and constants that nothing reads, such as a size that a part asked for and then did
/// without. They would change no result, only what a reader of the graph has to look at.
final class UnreadNodes {
  private UnreadNodes() {}

  /// Takes them out of a graph whose nodes stand in the order of their making, and of the graphs
  /// inside its nodes.
  ///
  /// @param results the names that are read from outside
  /// @return all names that are read in the graph
  static Set<String> remove(GraphProto.Builder graph, Collection<String> results) {
    Set<String> read = new HashSet<>(results);
    List<NodeProto> kept = new ArrayList<>();
    for (NodeProto node : graph.getNodeList().reversed()) {
      if (node.getOutputList().stream().anyMatch(read::contains)) {
        kept.add(inside(node, read));
        read.addAll(node.getInputList());
      }
    }
    List<TensorProto> constants =
        graph.getInitializerList().stream()
            .filter(constant -> read.contains(constant.getName()))
            .toList();
    graph.clearNode().addAllNode(kept.reversed());
    graph.clearInitializer().addAllInitializer(constants);
    return read;
  }

  /// The node, its graphs without what is not read in them; what they read is added.
  private static NodeProto inside(NodeProto node, Set<String> read) {
    if (node.getAttributeList().stream().noneMatch(AttributeProto::hasG)) {
      return node;
    }
    NodeProto.Builder builder = node.toBuilder();
    for (AttributeProto.Builder attribute : builder.getAttributeBuilderList()) {
      if (attribute.hasG()) {
        GraphProto.Builder body = attribute.getGBuilder();
        read.addAll(
            remove(body, body.getOutputList().stream().map(ValueInfoProto::getName).toList()));
      }
    }
    return builder.build();
  }
}
