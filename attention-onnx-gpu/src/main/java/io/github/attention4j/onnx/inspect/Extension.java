package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TypeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is added to a model so that a run shows more of it: nodes and outputs, none of the file's
/// own touched.
///
/// Protobuf messages merge: the bytes of a partial ModelProto behind the bytes of the file read as
/// the file's graph with these nodes and outputs at its end. So the weights are never copied or
/// parsed again, unknown fields stay, and external data stays where it is. A fused operator that
/// can show its probabilities is run a second time with that output switched on.
final class Extension {
  private final Graph graph;
  private final GraphProto.Builder added = GraphProto.newBuilder();
  private final Set<String> taken = new HashSet<>();
  private final Map<String, String> exposed = new HashMap<>();
  private final Map<String, String> shapes = new HashMap<>();

  Extension(Graph graph) {
    this.graph = graph;
    for (ValueInfoProto output : graph.outputs()) {
      exposed.put(output.getName(), output.getName());
      taken.add(output.getName());
    }
  }

  /// The output that shows a value of the graph.
  String expose(String value) {
    String known = exposed.get(value);
    if (known != null) {
      return known;
    }
    String output = value;
    if (graph.producer(value) < 0 && !taken.contains(value)) {
      // An input or an initialiser cannot be an output itself.
      output = fresh("value");
      added.addNode(NodeProto.newBuilder().setOpType("Identity").addInput(value).addOutput(output));
    }
    added.addOutput(ValueInfoProto.newBuilder().setName(output));
    exposed.put(value, output);
    return output;
  }

  /// The output that shows the sizes of a value.
  String shape(String value) {
    String known = shapes.get(value);
    if (known == null) {
      known = fresh("shape");
      added.addNode(NodeProto.newBuilder().setOpType("Shape").addInput(value).addOutput(known));
      added.addOutput(ValueInfoProto.newBuilder().setName(known));
      shapes.put(value, known);
    }
    return known;
  }

  /// Adds a node with one output, and returns the output's name.
  String node(String domain, String operator, List<String> inputs, AttributeProto... attributes) {
    String output = fresh(operator);
    added.addNode(
        NodeProto.newBuilder()
            .setDomain(domain)
            .setOpType(operator)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(List.of(attributes)));
    return output;
  }

  /// Runs a node of the graph once more with another attribute and other outputs.
  ///
  /// @param setting replaces the attribute of the same name; null leaves all as they are
  /// @param outputs which of its outputs to make, by number
  /// @return their names, an empty one for each that is not made
  String[] again(NodeProto node, @Nullable AttributeProto setting, boolean... outputs) {
    NodeProto.Builder copy = node.toBuilder().clearName().clearOutput().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (setting == null || !attribute.getName().equals(setting.getName())) {
        copy.addAttribute(attribute);
      }
    }
    if (setting != null) {
      copy.addAttribute(setting);
    }
    String[] names = new String[outputs.length];
    for (int i = 0; i < names.length; i++) {
      names[i] = outputs[i] ? fresh(node.getOpType()) : "";
      copy.addOutput(names[i]);
    }
    added.addNode(copy);
    return names;
  }

  /// Declares the element type of an added value whose operator cannot tell.
  void declare(String value, int type) {
    added.addValueInfo(
        ValueInfoProto.newBuilder()
            .setName(value)
            .setType(
                TypeProto.newBuilder()
                    .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type))));
    taken.add(value);
  }

  private String fresh(String what) {
    String name;
    int number = taken.size();
    do {
      name = "attention4j/" + what + "/" + number++;
    } while (graph.producer(name) >= 0 || graph.isInput(name) || !taken.add(name));
    return name;
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /// What to append to the file's bytes.
  byte[] bytes() {
    return ModelProto.newBuilder().setGraph(added).build().toByteArray();
  }

  static boolean isFloat16(int type) {
    return type == TensorProto.DataType.FLOAT16_VALUE
        || type == TensorProto.DataType.BFLOAT16_VALUE;
  }
}
