package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.FunctionProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TypeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.List;

/** Models that compute the same with their nodes hidden in functions or branches. */
final class Wrapped {
  private static final String DOMAIN = "example.functions";

  private Wrapped() {}

  /** Every operator in a function of its own, its attributes given by the call. */
  static ModelProto eachOperator(ModelProto model) {
    ModelProto.Builder wrapped = withDomain(model);
    GraphProto.Builder graph = wrapped.getGraphBuilder().clearNode();
    int count = 0;
    for (NodeProto node : model.getGraph().getNodeList()) {
      if (node.getOpType().equals("Constant")) {
        graph.addNode(node);
        continue;
      }
      FunctionProto.Builder function = function(model, "op" + count++);
      NodeProto.Builder inner = node.toBuilder().clearInput().clearOutput().clearAttribute();
      NodeProto.Builder call = node.toBuilder().setDomain(DOMAIN).setOpType(function.getName());
      for (int i = 0; i < node.getInputCount(); i++) {
        function.addInput("in" + i);
        inner.addInput(node.getInput(i).isEmpty() ? "" : "in" + i);
      }
      for (int i = 0; i < node.getOutputCount(); i++) {
        boolean there = !node.getOutput(i).isEmpty();
        inner.addOutput(there ? "out" + i : "");
        function.addOutput("out" + i);
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        function.addAttribute(attribute.getName());
        inner.addAttribute(
            AttributeProto.newBuilder()
                .setName(attribute.getName())
                .setType(attribute.getType())
                .setRefAttrName(attribute.getName()));
      }
      wrapped.addFunctions(function.addNode(inner));
      graph.addNode(call);
    }
    return wrapped.build();
  }

  /** The whole graph in a function that is called by another one. */
  static ModelProto nested(ModelProto model) {
    ModelProto.Builder wrapped = withDomain(model);
    FunctionProto.Builder inner = function(model, "inner");
    NodeProto.Builder call = NodeProto.newBuilder().setDomain(DOMAIN).setOpType("inner");
    GraphProto.Builder graph = wrapped.getGraphBuilder().clearNode().clearValueInfo();
    graph.getInputList().forEach(input -> inner.addInput(input.getName()));
    graph.getInitializerList().forEach(weight -> inner.addInput(weight.getName()));
    graph.getOutputList().forEach(output -> inner.addOutput(output.getName()));
    inner.addAllNode(model.getGraph().getNodeList());
    call.addAllInput(inner.getInputList()).addAllOutput(inner.getOutputList());
    FunctionProto.Builder outer = function(model, "outer");
    outer
        .addAllInput(inner.getInputList())
        .addAllOutput(inner.getOutputList())
        .addOpsetImport(domain())
        .addNode(call.build());
    graph.addNode(call.setOpType("outer").setName("model"));
    return wrapped.addFunctions(outer).addFunctions(inner).build();
  }

  /** The whole graph in both branches of an `If`, the names of their values the same. */
  static ModelProto branches(ModelProto model, String condition, NodeProto... before) {
    ModelProto.Builder wrapped = model.toBuilder();
    GraphProto.Builder graph = wrapped.getGraphBuilder().clearNode().clearValueInfo();
    GraphProto.Builder branch = GraphProto.newBuilder().setName("branch");
    branch.addAllNode(model.getGraph().getNodeList());
    NodeProto.Builder branching = NodeProto.newBuilder().setOpType("If").setName("choose");
    branching.addInput(condition);
    for (ValueInfoProto output : model.getGraph().getOutputList()) {
      branch.addOutput(output.toBuilder().setName(output.getName()));
      branching.addOutput("chosen/" + output.getName());
    }
    for (int i = 0; i < graph.getOutputCount(); i++) {
      graph.getOutputBuilder(i).setName("chosen/" + graph.getOutput(i).getName());
    }
    branching
        .addAttribute(attribute("then_branch", branch))
        .addAttribute(attribute("else_branch", branch));
    List.of(before).forEach(graph::addNode);
    graph.addNode(branching);
    return wrapped.build();
  }

  static ModelProto withFlag(ModelProto model, String name) {
    ModelProto.Builder wrapped = model.toBuilder();
    wrapped
        .getGraphBuilder()
        .addInput(
            ValueInfoProto.newBuilder()
                .setName(name)
                .setType(
                    TypeProto.newBuilder()
                        .setTensorType(
                            TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.BOOL_VALUE)
                                .setShape(
                                    io.github.attention4j.onnx.proto.TensorShapeProto.newBuilder()
                                        .addDim(
                                            io.github.attention4j.onnx.proto.TensorShapeProto
                                                .Dimension.newBuilder()
                                                .setDimValue(1))))));
    return wrapped.build();
  }

  private static AttributeProto attribute(String name, GraphProto.Builder graph) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(graph)
        .build();
  }

  private static ModelProto.Builder withDomain(ModelProto model) {
    return model.toBuilder()
        .setIrVersion(Math.max(8, model.getIrVersion()))
        .addOpsetImport(domain());
  }

  private static OperatorSetIdProto domain() {
    return OperatorSetIdProto.newBuilder().setDomain(DOMAIN).setVersion(1).build();
  }

  private static FunctionProto.Builder function(ModelProto model, String name) {
    return FunctionProto.newBuilder()
        .setDomain(DOMAIN)
        .setName(name)
        .addAllOpsetImport(model.getOpsetImportList());
  }
}
