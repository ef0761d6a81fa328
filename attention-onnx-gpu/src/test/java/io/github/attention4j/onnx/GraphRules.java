package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What ONNX's checker asks of a model's structure.
final class GraphRules {
  private GraphRules() {}

  /// The attributes that operators of our graphs may have, by operator; each with its type.
  private static final Map<String, String> ATTRIBUTES =
      Map.ofEntries(
          Map.entry("allowzero", "INT Reshape"),
          Map.entry("approximate", "STRING Gelu"),
          Map.entry("axes", "INTS ReduceMax ReduceMean ReduceProd ReduceL2"),
          Map.entry(
              "axis",
              "INT Softmax Gather GatherElements Concat TopK DFT ScatterElements ArgMax"
                  + " LayerNormalization RMSNormalization DequantizeLinear"),
          Map.entry("batch_dims", "INT GatherND"),
          Map.entry("body", "GRAPH Scan Loop"),
          Map.entry("then_branch", "GRAPH If"),
          Map.entry("else_branch", "GRAPH If"),
          Map.entry("start", "INT Shape"),
          Map.entry("end", "INT Shape"),
          Map.entry("epsilon", "FLOAT LayerNormalization RMSNormalization"),
          Map.entry("group", "INT Conv"),
          Map.entry("pads", "INTS Conv"),
          Map.entry("strides", "INTS Conv"),
          Map.entry("inverse", "INT DFT"),
          Map.entry("onesided", "INT DFT"),
          Map.entry("is_causal", "INT Attention"),
          Map.entry("softcap", "FLOAT Attention GroupQueryAttention"),
          Map.entry(
              "scale", "FLOAT Attention MultiHeadAttention GroupQueryAttention LinearAttention"),
          Map.entry("keepdims", "INT ReduceSum ReduceMax ReduceMean ReduceProd ReduceL2 ArgMax"),
          Map.entry("kv_num_heads", "INT GroupQueryAttention LinearAttention"),
          Map.entry("q_num_heads", "INT LinearAttention"),
          Map.entry("num_heads", "INT MultiHeadAttention GroupQueryAttention"),
          Map.entry("local_window_size", "INT GroupQueryAttention"),
          Map.entry("update_rule", "STRING LinearAttention"),
          Map.entry("largest", "INT TopK"),
          Map.entry("sorted", "INT TopK"),
          Map.entry("select_last_index", "INT ArgMax"),
          Map.entry("num_scan_inputs", "INT Scan"),
          Map.entry("scan_input_directions", "INTS Scan"),
          Map.entry("scan_output_directions", "INTS Scan"),
          Map.entry("perm", "INTS Transpose"),
          Map.entry("to", "INT Cast"));

  static void check(ModelProto model) {
    Map<String, Long> imports = new HashMap<>();
    model
        .getOpsetImportList()
        .forEach(each -> assertNull(imports.put(each.getDomain(), each.getVersion())));
    assertTrue(imports.containsKey(""), "the standard's operators are not imported");
    Set<String> domains = new HashSet<>();
    domains.add("");
    collectDomains(model.getGraph(), domains);
    assertEquals(domains, imports.keySet(), "imported are the operator sets that are used");
    Set<String> keys = new HashSet<>();
    model.getMetadataPropsList().forEach(each -> assertTrue(keys.add(each.getKey())));
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
    Set<String> read = new HashSet<>();
    collectRead(model.getGraph(), read);
    assertRead(model.getGraph(), read);
  }

  private static void collectRead(GraphProto graph, Set<String> read) {
    graph.getOutputList().forEach(output -> read.add(output.getName()));
    for (NodeProto node : graph.getNodeList()) {
      read.addAll(node.getInputList());
      node.getAttributeList().stream()
          .filter(AttributeProto::hasG)
          .forEach(attribute -> collectRead(attribute.getG(), read));
    }
  }

  /// Nothing is made or stored in vain.
  private static void assertRead(GraphProto graph, Set<String> read) {
    for (TensorProto tensor : graph.getInitializerList()) {
      assertTrue(read.contains(tensor.getName()), "nothing reads " + tensor.getName());
    }
    for (NodeProto node : graph.getNodeList()) {
      assertTrue(
          node.getOutputList().stream().anyMatch(read::contains),
          "nothing reads " + node.getName());
      node.getAttributeList().stream()
          .filter(AttributeProto::hasG)
          .forEach(attribute -> assertRead(attribute.getG(), read));
    }
  }

  private static void collectDomains(GraphProto graph, Set<String> domains) {
    for (NodeProto node : graph.getNodeList()) {
      domains.add(node.getDomain());
      node.getAttributeList().stream()
          .filter(AttributeProto::hasG)
          .forEach(attribute -> collectDomains(attribute.getG(), domains));
    }
  }

  private static void checkAttribute(NodeProto node, AttributeProto attribute) {
    String where = node.getName() + " " + attribute.getName();
    String known = ATTRIBUTES.get(attribute.getName());
    assertNotNull(known, where + ": unknown attribute");
    List<String> words = List.of(known.split(" "));
    assertTrue(words.subList(1, words.size()).contains(node.getOpType()), where);
    assertEquals(words.getFirst(), attribute.getType().name(), where);
    assertTrue(
        switch (attribute.getType()) {
          case INT -> attribute.hasI();
          case FLOAT -> attribute.hasF() && Float.isFinite(attribute.getF());
          case STRING -> attribute.hasS();
          case INTS -> attribute.getIntsCount() > 0;
          case GRAPH -> attribute.hasG() && attribute.getG().getOutputCount() > 0;
          default -> false;
        },
        where + " has no value of its type");
  }

  private static void checkData(TensorProto tensor) {
    assertFalse(tensor.getName().isEmpty());
    if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      return;
    }
    long count = tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
    assertEquals(
        count * Type.ofNumber(tensor.getDataType()).bytes(),
        tensor.getRawData().size(),
        tensor.getName());
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
      checkData(tensor);
      define(tensor.getName(), known, allValues);
    }
    for (NodeProto node : graph.getNodeList()) {
      assertFalse(node.getName().isEmpty(), "a node without a name");
      assertFalse(node.getOpType().isEmpty(), node.getName());
      assertTrue(node.getOutputCount() > 0, node.getName());
      assertTrue(allNodes.add(node.getName()), "node " + node.getName() + " is there twice");
      for (String input : node.getInputList()) {
        assertTrue(
            input.isEmpty() || known.contains(input),
            node.getName() + " reads " + input + " before it is made");
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        checkAttribute(node, attribute);
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
    assertFalse(name.isEmpty(), "a value without a name");
    assertTrue(allValues.add(name), "value " + name + " is made twice");
    known.add(name);
  }
}
