package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An index over the nodes and values of a graph.
///
/// A value is *data* if it depends on what a run feeds in other than through its size: weights,
/// masks made from sizes, and positions are not.
final class Graph {
  private final GraphProto proto;
  private final List<NodeProto> nodes;
  private final int opset;
  private final Map<String, Integer> producers = new HashMap<>();
  private final Map<String, List<Use>> uses = new HashMap<>();
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, Integer> types = new HashMap<>();
  private final Set<String> inputs = new HashSet<>();
  private final Set<String> data = new HashSet<>();
  private final List<String> names = new ArrayList<>();

  /// A place where a value is read.
  record Use(int node, int input) {}

  Graph(GraphProto proto, int opset) {
    this.proto = proto;
    this.nodes = inOrder(proto.getNodeList());
    this.opset = opset;
    for (TensorProto tensor : proto.getInitializerList()) {
      constants.put(tensor.getName(), tensor);
      types.put(tensor.getName(), tensor.getDataType());
    }
    for (List<ValueInfoProto> infos :
        List.of(proto.getInputList(), proto.getOutputList(), proto.getValueInfoList())) {
      for (ValueInfoProto info : infos) {
        if (info.getType().getTensorType().hasElemType()) {
          types.put(info.getName(), info.getType().getTensorType().getElemType());
        }
      }
    }
    for (ValueInfoProto input : proto.getInputList()) {
      if (!constants.containsKey(input.getName())) {
        inputs.add(input.getName());
        data.add(input.getName());
      }
    }
    Set<String> taken = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      index(i, taken);
    }
  }

  /**
   * The nodes so that each stands behind what it reads, else as in the file: some tools leave them
   * unsorted.
   */
  private static List<NodeProto> inOrder(List<NodeProto> nodes) {
    Map<String, Integer> makers = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).getOutputList()) {
        makers.put(output, i);
      }
    }
    List<Set<Integer>> readers = new ArrayList<>();
    nodes.forEach(node -> readers.add(new HashSet<>()));
    int[] missing = new int[nodes.size()];
    for (int i = 0; i < nodes.size(); i++) {
      Set<String> read = new HashSet<>(nodes.get(i).getInputList());
      read.addAll(outerValues(nodes.get(i)));
      for (String value : read) {
        Integer maker = value.isEmpty() ? null : makers.get(value);
        if (maker != null && maker != i && readers.get(maker).add(i)) {
          missing[i]++;
        }
      }
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < missing.length; i++) {
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<NodeProto> sorted = new ArrayList<>();
    for (Integer next = ready.poll(); next != null; next = ready.poll()) {
      sorted.add(nodes.get(next));
      for (int reader : readers.get(next)) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    // What is left reads in circles; the runtime refuses such a graph with a better message.
    return sorted.size() == nodes.size() ? sorted : nodes;
  }

  private void index(int index, Set<String> taken) {
    NodeProto node = nodes.get(index);
    boolean fromData = false;
    for (int i = 0; i < node.getInputCount(); i++) {
      if (!node.getInput(i).isEmpty()) {
        uses.computeIfAbsent(node.getInput(i), name -> new ArrayList<>()).add(new Use(index, i));
        fromData |= data.contains(node.getInput(i));
      }
    }
    for (String outer : outerValues(node)) {
      fromData |= data.contains(outer);
    }
    if (is(node, "Shape", "Size")) {
      fromData = false;
    }
    for (String output : node.getOutputList()) {
      if (!output.isEmpty()) {
        producers.put(output, index);
        if (fromData) {
          data.add(output);
        }
      }
    }
    if (is(node, "Constant")) {
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.getName().equals("value")) {
          constants.put(node.getOutput(0), attribute.getT());
          types.put(node.getOutput(0), attribute.getT().getDataType());
        }
      }
    }
    String base = node.getName();
    if (base.isEmpty()) {
      base = node.getOutputCount() == 0 ? operator(node) : node.getOutput(0);
    }
    String name = base;
    for (int i = 2; !taken.add(name); i++) {
      name = base + "#" + i;
    }
    names.add(name);
  }

  /**
   * What the subgraphs of a node may read from outside; names that they define themselves do no
   * harm.
   */
  private static Set<String> outerValues(NodeProto node) {
    Set<String> values = new HashSet<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        addRead(attribute.getG(), values);
      }
      attribute.getGraphsList().forEach(graph -> addRead(graph, values));
    }
    return values;
  }

  private static void addRead(GraphProto graph, Set<String> values) {
    for (NodeProto node : graph.getNodeList()) {
      values.addAll(node.getInputList());
      values.addAll(outerValues(node));
    }
    graph.getOutputList().forEach(output -> values.add(output.getName()));
  }

  /// The operator with its domain unless that is ONNX's own.
  static String operator(NodeProto node) {
    return standard(node) ? node.getOpType() : node.getDomain() + "::" + node.getOpType();
  }

  private static boolean standard(NodeProto node) {
    return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
  }

  /// Whether the node is one of these standard operators.
  static boolean is(NodeProto node, String... operators) {
    return standard(node) && Set.of(operators).contains(node.getOpType());
  }

  /// Whether the node is one of these operators of ONNX Runtime's own domain.
  static boolean isMicrosoft(NodeProto node, String... operators) {
    return node.getDomain().equals("com.microsoft") && Set.of(operators).contains(node.getOpType());
  }

  int size() {
    return nodes.size();
  }

  NodeProto node(int index) {
    return nodes.get(index);
  }

  /// The node's name, made unique.
  String name(int index) {
    return names.get(index);
  }

  /// The version of ONNX's own operators.
  int opset() {
    return opset;
  }

  List<ValueInfoProto> outputs() {
    return proto.getOutputList();
  }

  boolean isInput(String value) {
    return inputs.contains(value);
  }

  boolean isData(String value) {
    return data.contains(value);
  }

  /// Whether the value is an input of floats with three axes or more: pictures, regions, sounds,
  /// hidden states.
  boolean isFeature(String value) {
    for (ValueInfoProto input : proto.getInputList()) {
      if (input.getName().equals(value)) {
        return isFloat(input.getType().getTensorType().getElemType())
            && input.getType().getTensorType().getShape().getDimCount() >= 3;
      }
    }
    return false;
  }

  static boolean isFloat(int type) {
    return type == TensorProto.DataType.FLOAT_VALUE
        || type == TensorProto.DataType.FLOAT16_VALUE
        || type == TensorProto.DataType.BFLOAT16_VALUE
        || type == TensorProto.DataType.DOUBLE_VALUE;
  }

  /// The input whose whole numbers pick rows of a constant table in this node, or an empty string.
  /// Positions and segments are not asked for: their names say what they are.
  String embedded(int index) {
    NodeProto node = node(index);
    TensorProto table = is(node, "Gather") ? constant(unmoved(input(node, 0))) : null;
    String ids = unmoved(input(node, 1));
    boolean named = !ids.contains("position") && !ids.contains("type") && !ids.contains("mask");
    return table != null
            && table.getDimsCount() == 2
            && isFloat(table.getDataType())
            && integer(node, "axis", 0) == 0
            && isInput(ids)
            && named
        ? ids
        : "";
  }

  /** The value before casts and the like. */
  private String unmoved(String value) {
    String at = value;
    for (NodeProto maker = maker(at); maker != null; maker = maker(at)) {
      if (!is(maker, "Cast", "Identity", "Reshape", "DequantizeLinear")) {
        return at;
      }
      at = maker.getInput(0);
    }
    return at;
  }

  /// The index of the node that makes the value, or -1.
  int producer(String value) {
    return producers.getOrDefault(value, -1);
  }

  /// The node that makes the value, or null.
  @Nullable NodeProto maker(String value) {
    int index = producer(value);
    return index < 0 ? null : node(index);
  }

  List<Use> uses(String value) {
    return uses.getOrDefault(value, List.of());
  }

  /// The constant of this name, or null.
  @Nullable TensorProto constant(String value) {
    return constants.get(value);
  }

  /// Whether the value is a constant in which every element is at most `bound`.
  boolean isConstantAtMost(String value, double bound) {
    TensorProto tensor = constant(value);
    if (tensor == null) {
      NodeProto maker = maker(value);
      return maker != null
          && is(maker, "Cast", "Identity", "CastLike", "Expand")
          && isConstantAtMost(maker.getInput(0), bound);
    }
    double[] values = Constants.doubles(tensor);
    for (double element : values) {
      if (!(element <= bound)) {
        return false;
      }
    }
    return values.length > 0;
  }

  /// The input at this place, or an empty string.
  static String input(NodeProto node, int index) {
    return index < node.getInputCount() ? node.getInput(index) : "";
  }

  /// The output at this place, or an empty string.
  static String output(NodeProto node, int index) {
    return index < node.getOutputCount() ? node.getOutput(index) : "";
  }

  static @Nullable AttributeProto attribute(NodeProto node, String name) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute;
      }
    }
    return null;
  }

  static long integer(NodeProto node, String name, long otherwise) {
    AttributeProto attribute = attribute(node, name);
    return attribute == null ? otherwise : attribute.getI();
  }

  static float number(NodeProto node, String name, float otherwise) {
    AttributeProto attribute = attribute(node, name);
    return attribute == null ? otherwise : attribute.getF();
  }

  /// The element type of a value in the format's numbers, as far as the file or the operators on
  /// the way say; 0 if unknown.
  int type(String value) {
    String at = value;
    for (int step = 0; step <= nodes.size(); step++) {
      Integer known = types.get(at);
      if (known != null) {
        return known;
      }
      NodeProto maker = maker(at);
      if (maker == null || maker.getInputCount() == 0) {
        return 0;
      }
      if (is(maker, "Cast")) {
        return (int) integer(maker, "to", 0);
      }
      if (is(maker, "DequantizeLinear", "CastLike")) {
        at = maker.getInput(1);
      } else if (is(maker, "Where")) {
        at = maker.getInput(1);
      } else if (isMicrosoft(maker, "EmbedLayerNormalization")) {
        at = maker.getInput(2);
      } else if (isMicrosoft(maker, "MatMulIntegerToFloat", "DequantizeLinear")) {
        at = maker.getInput(isMicrosoft(maker, "DequantizeLinear") ? 1 : 2);
      } else {
        at = maker.getInput(0);
      }
    }
    return 0;
  }
}
