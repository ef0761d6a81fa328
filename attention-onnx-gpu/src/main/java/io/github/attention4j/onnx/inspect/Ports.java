package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.ModelPort;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TensorShapeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The inputs and outputs of a model, and what can be filled in for inputs that are left out.
final class Ports {
  private final GraphProto proto;
  private final Set<String> caches;
  private final Set<String> defaults = new HashSet<>();

  /// The ports of a graph.
  ///
  /// @param caches the inputs that are key/value caches
  Ports(GraphProto proto, Set<String> caches) {
    this.proto = proto;
    this.caches = Set.copyOf(caches);
    proto.getInitializerList().forEach(tensor -> defaults.add(tensor.getName()));
  }

  /// The inputs that are a key/value cache of some site.
  static Set<String> caches(Graph graph, Sources sources, List<Found> sites) {
    Set<String> caches = new HashSet<>();
    for (Found site : sites) {
      NodeProto node = graph.node(site.node());
      if (site instanceof Found.Decomposed decomposed) {
        caches.addAll(sources.caches(decomposed.keys()));
        NodeProto product = graph.node(decomposed.product().node());
        product.getInputList().forEach(input -> caches.addAll(sources.caches(input)));
      } else {
        int[] places =
            switch (Graph.operator(node)) {
              case "Attention" -> new int[] {4, 5};
              case "com.microsoft::MultiHeadAttention" -> new int[] {6, 7};
              case "com.microsoft::GroupQueryAttention" -> new int[] {3, 4};
              case "com.microsoft::Attention" -> new int[] {4};
              default -> new int[0];
            };
        for (int place : places) {
          caches.add(Graph.input(node, place));
        }
      }
    }
    caches.removeIf(name -> !graph.isInput(name) || !graph.isFeature(name));
    return caches;
  }

  List<ModelPort> inputs() {
    List<ModelPort> ports = new ArrayList<>();
    for (ValueInfoProto input : proto.getInputList()) {
      ports.add(
          port(input, defaults.contains(input.getName()) || caches.contains(input.getName())));
    }
    return ports;
  }

  List<ModelPort> outputs() {
    return proto.getOutputList().stream().map(output -> port(output, false)).toList();
  }

  private static ModelPort port(ValueInfoProto info, boolean optional) {
    TensorProto.DataType type =
        TensorProto.DataType.forNumber(info.getType().getTensorType().getElemType());
    List<String> axes = new ArrayList<>();
    for (TensorShapeProto.Dimension axis : info.getType().getTensorType().getShape().getDimList()) {
      axes.add(
          axis.hasDimValue()
              ? Long.toString(axis.getDimValue())
              : axis.getDimParam().isEmpty() ? "?" : axis.getDimParam());
    }
    String name =
        type == null || type == TensorProto.DataType.UNDEFINED
            ? ""
            : type.name().toLowerCase(Locale.ROOT);
    return new ModelPort(info.getName(), name, axes, optional);
  }

  /// The inputs with an empty array for every key/value cache that is left out.
  ///
  /// @throws IllegalArgumentException if one that is no cache is missing, or one is unknown
  Inputs complete(Inputs given) {
    List<ModelPort> ports = inputs();
    Set<String> known = new HashSet<>();
    Map<String, Long> sizes = new HashMap<>();
    long batch = 1;
    for (ModelPort port : ports) {
      known.add(port.name());
      if (given.has(port.name())) {
        long[] shape = given.get(port.name()).shape().toArray();
        batch = shape.length > 1 && sizes.isEmpty() ? shape[0] : batch;
        for (int axis = 0; axis < Math.min(shape.length, port.axes().size()); axis++) {
          sizes.putIfAbsent(port.axes().get(axis), shape[axis]);
        }
      }
    }
    for (String name : given.names()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "inputs: expected names among "
                + ports.stream().map(ModelPort::name).toList()
                + ", got '"
                + name
                + "'");
      }
    }
    Inputs complete = given;
    for (ModelPort port : ports) {
      if (!given.has(port.name()) && caches.contains(port.name())) {
        complete = complete.with(port.name(), empty(port, sizes, batch));
      } else if (!given.has(port.name()) && !port.optional()) {
        throw new IllegalArgumentException(
            "inputs: expected '"
                + port.name()
                + "' ("
                + port.type()
                + " "
                + port.axes()
                + "), got only "
                + given.names());
      }
    }
    return complete;
  }

  /**
   * No past: symbols that no given input has a size for are 0, but for the first of several, which
   * is the batch.
   */
  private static Tensor empty(ModelPort port, Map<String, Long> sizes, long batch) {
    long[] shape = new long[port.axes().size()];
    int unknown = 0;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      String size = port.axes().get(axis);
      Long known = size.equals("?") ? null : sizes.get(size);
      if (size.matches("\\d{1,18}")) {
        shape[axis] = Long.parseLong(size);
      } else if (known != null) {
        shape[axis] = known;
      } else {
        unknown++;
        shape[axis] = axis <= 1 && unknown > 1 ? batch : 0;
      }
    }
    boolean isEmpty = java.util.Arrays.stream(shape).anyMatch(size -> size == 0);
    if (!isEmpty) {
      throw new IllegalArgumentException(
          "inputs: expected '" + port.name() + "', which cannot be left empty: " + port.axes());
    }
    return Tensor.allocate(shape);
  }

  /// What the file says of itself.
  Map<String, String> facts(ModelFile file) {
    ModelProto model = file.model();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("file", String.valueOf(file.path().getFileName()));
    facts.put("producer", (model.getProducerName() + " " + model.getProducerVersion()).strip());
    facts.put("ir_version", Long.toString(model.getIrVersion()));
    Map<String, Long> opsets = new TreeMap<>();
    model
        .getOpsetImportList()
        .forEach(opset ->
            opsets.put(
                opset.getDomain().isEmpty() ? "ai.onnx" : opset.getDomain(), opset.getVersion()));
    facts.put("opsets", opsets.toString());
    facts.put("nodes", Integer.toString(proto.getNodeCount()));
    long parameters = 0;
    for (TensorProto tensor : proto.getInitializerList()) {
      long elements = 1;
      for (long size : tensor.getDimsList()) {
        elements *= size;
      }
      parameters += elements;
    }
    facts.put("parameters", Long.toString(parameters));
    return facts;
  }
}
