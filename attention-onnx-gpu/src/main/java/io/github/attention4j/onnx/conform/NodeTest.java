package io.github.attention4j.onnx.conform;

import com.google.protobuf.InvalidProtocolBufferException;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A test as the standard publishes it: `model.onnx` and, in `test_data_set_0`, a tensor for each
/// input and output.
///
/// @param folder where it is
/// @param model the model
/// @param inputs what the model is fed, by name
/// @param expected what it must return, by name
/// @param types the element types of the expected outputs
record NodeTest(
    Path folder,
    ModelProto model,
    Map<String, NdArray> inputs,
    Map<String, NdArray> expected,
    Map<String, Integer> types) {

  static boolean isTest(Path folder) {
    return Files.isRegularFile(folder.resolve("model.onnx"))
        && Files.isDirectory(folder.resolve("test_data_set_0"));
  }

  static NodeTest read(Path folder) throws IOException {
    if (!isTest(folder)) {
      throw new IllegalArgumentException(
          folder + ": expected model.onnx and test_data_set_0, got none");
    }
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
    GraphProto graph = model.getGraph();
    Map<String, NdArray> inputs = new LinkedHashMap<>();
    Map<String, NdArray> expected = new LinkedHashMap<>();
    Map<String, Integer> types = new LinkedHashMap<>();
    for (int i = 0; i < graph.getInputCount(); i++) {
      TensorProto tensor = tensor(folder, "input_" + i);
      if (tensor != null) {
        inputs.put(graph.getInput(i).getName(), TensorProtos.array(tensor));
      }
    }
    for (int i = 0; i < graph.getOutputCount(); i++) {
      TensorProto tensor = tensor(folder, "output_" + i);
      ValueInfoProto output = graph.getOutput(i);
      if (tensor != null) {
        expected.put(output.getName(), TensorProtos.array(tensor));
        types.put(output.getName(), tensor.getDataType());
      }
    }
    if (expected.isEmpty()) {
      throw new IllegalArgumentException(folder + ": expected an output to compare with, got none");
    }
    return new NodeTest(folder, model, inputs, expected, types);
  }

  private static @Nullable TensorProto tensor(Path folder, String name) throws IOException {
    Path file = folder.resolve("test_data_set_0").resolve(name + ".pb");
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      return TensorProto.parseFrom(Files.readAllBytes(file));
    } catch (InvalidProtocolBufferException corrupt) {
      throw new IllegalArgumentException(file + ": expected a tensor", corrupt);
    }
  }

  String name() {
    return String.valueOf(folder.getFileName());
  }

  /// The only node, or null if the model is a graph of several.
  @Nullable NodeProto onlyNode() {
    return model.getGraph().getNodeCount() == 1 ? model.getGraph().getNode(0) : null;
  }

  /// What is fed to an input of the only node, or null.
  @Nullable NdArray input(NodeProto node, int index) {
    return index < node.getInputCount() ? inputs.get(node.getInput(index)) : null;
  }

  static List<Path> find(Path folder) throws IOException {
    if (isTest(folder)) {
      return List.of(folder);
    }
    List<Path> tests = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (var children = Files.newDirectoryStream(folder, NodeTest::isTest)) {
        children.forEach(tests::add);
      }
    }
    if (tests.isEmpty()) {
      throw new IllegalArgumentException(
          folder + ": expected folders with model.onnx and test_data_set_0, got none");
    }
    return tests.stream().sorted().toList();
  }

  static long integer(NodeProto node, String name, long otherwise) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute.getI();
      }
    }
    return otherwise;
  }

  static double number(NodeProto node, String name, double otherwise) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute.getF();
      }
    }
    return otherwise;
  }

  static String text(NodeProto node, String name, String otherwise) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute.getS().toStringUtf8();
      }
    }
    return otherwise;
  }
}
