package io.github.attention4j.onnx.graph;

import com.google.protobuf.ByteString;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TensorShapeProto;
import io.github.attention4j.onnx.proto.TypeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An ONNX graph being written. [Value]s have the operators; the graph names nodes after the stage
/// they belong to, keeps parameters as named initialisers, and collects inputs and outputs.
///
/// Nodes are appended in the order they are made, so the file is topologically sorted by
/// construction. Not for use by several threads.
public final class Graph {
  /// Of files this project writes.
  public static final int IR_VERSION = 10;

  private static final String NEXT = ".next";

  static final String MICROSOFT = "com.microsoft";

  private final Target target;
  private final Variant variant;
  private final GraphProto.Builder main = GraphProto.newBuilder();
  private final Deque<GraphProto.Builder> bodies = new ArrayDeque<>();
  private final Deque<String> stages = new ArrayDeque<>();
  private final Set<String> names = new HashSet<>();
  private final Map<String, Integer> counters = new HashMap<>();
  private final Map<Constant, Value> constants = new HashMap<>();
  private final Map<String, NdArray> parameters = new LinkedHashMap<>();
  private final IdentityHashMap<NdArray, String> parameterNames = new IdentityHashMap<>();
  private final Function<NdArray, @Nullable String> paths;
  private final List<Signature.Slot> inputs = new ArrayList<>();
  private final List<Signature.Slot> outputs = new ArrayList<>();
  private final Map<String, Value> inputValues = new HashMap<>();
  private final Set<String> optional = new LinkedHashSet<>();
  private final Set<String> freeRanks = new LinkedHashSet<>();
  private final Map<String, Signature.Limit> fixed = new HashMap<>();
  private @Nullable String pendingDoc;
  private boolean fusedUsed;
  private String form = "spelled out";

  /// @param target for whom
  /// @param variant what is known of the runs
  /// @param paths the path of a parameter in its description, or null
  public Graph(Target target, Variant variant, Function<NdArray, @Nullable String> paths) {
    this.target = target;
    this.variant = variant;
    this.paths = paths;
    bodies.push(main);
  }

  /// For whom it is built.
  public Target target() {
    return target;
  }

  /// The operator set.
  public int opset() {
    return target.opset();
  }

  /// The type of the arithmetic.
  public Type real() {
    return target.real();
  }

  /// Whether `com.microsoft` operators may be used.
  public boolean fused() {
    return target.fused();
  }

  /// What is known of the runs.
  public Variant variant() {
    return variant;
  }

  /// Which operator does the attending, or `spelled out` where several elementary ones do.
  public String form() {
    return form;
  }

  /// Says which operator does the attending.
  public void form(String operator) {
    form = operator;
  }

  // Inputs and outputs.

  /// Declares an input, or returns the one declared before under this name.
  public Value input(String name, Type type, Axis... axes) {
    Value known = inputValues.get(name);
    if (known != null) {
      if (known.type() != (type.isReal() ? real() : type)) {
        throw new IllegalArgumentException(
            name + ": is read as " + known.type() + " and as " + type);
      }
      return known;
    }
    claim(name);
    Type outside = type.isReal() ? target.boundary() : type;
    inputs.add(new Signature.Slot(name, name, outside, List.of(axes)));
    Value value = new Value(this, name, outside);
    // A cast belongs to the main graph, even if the input is first met inside a body.
    value = type.isReal() ? inMain(() -> new Value(this, name, outside).cast(real())) : value;
    inputValues.put(name, value);
    return value;
  }

  /// Declares a real input by the names or sizes of its axes.
  public Value input(String name, String... axes) {
    return input(name, Type.FLOAT, axes(axes));
  }

  /// Declares an int64 input.
  public Value longs(String name, String... axes) {
    return input(name, Type.INT64, axes(axes));
  }

  /// Declares a bool input.
  public Value booleans(String name, String... axes) {
    return input(name, Type.BOOL, axes(axes));
  }

  /// Declares an input that runs may leave out; null where this graph is built without it.
  public @Nullable Value optional(String name, String... axes) {
    optional.add(name);
    return variant.present().contains(name) ? input(name, axes) : null;
  }

  /// The rank this graph's input of this name has.
  ///
  /// @param usual unless the variant says otherwise
  public int rank(String name, int usual) {
    freeRanks.add(name);
    return variant.ranks().getOrDefault(name, usual);
  }

  /// Declares an output; one of an input's name, such as a state, gets `.next` added in the graph.
  public void output(String name, Value value, Axis... axes) {
    String tensor = inputValues.containsKey(name) ? name + NEXT : name;
    claim(tensor);
    Type outside = value.type().isReal() ? target.boundary() : value.type();
    outputs.add(new Signature.Slot(name, tensor, outside, List.of(axes)));
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .addInput(value.name())
            .addOutput(tensor)
            .setName(unique("output/" + name));
    if (value.type() == outside) {
      node.setOpType("Identity");
    } else {
      node.setOpType("Cast").addAttribute(Attributes.of("to", outside.number()));
    }
    bodies.element().addNode(node);
  }

  /// Declares an output by the names or sizes of its axes.
  public void output(String name, Value value, String... axes) {
    output(name, value, axes(axes));
  }

  /// Says that a parameter fixes the size of a named axis.
  ///
  /// @throws IllegalArgumentException if another parameter fixes it differently
  public void fix(String axis, long size, String parameter) {
    Signature.Limit old = fixed.putIfAbsent(axis, new Signature.Limit(size, parameter));
    if (old != null && old.size() != size) {
      throw new IllegalArgumentException(
          parameter
              + ": expected "
              + axis
              + " "
              + old.size()
              + " as "
              + old.parameter()
              + ", got "
              + size);
    }
  }

  private static Axis[] axes(String... texts) {
    return Arrays.stream(texts).map(Axis::of).toArray(Axis[]::new);
  }

  // Parameters and constants.

  /// A parameter as a named initialiser: under its path in the description if it has one. Real ones
  /// have the type of the arithmetic.
  public Value parameter(String fallback, NdArray array) {
    return parameter(fallback, array, array instanceof Tensor ? real() : Type.of(array.type()));
  }

  private Value parameter(String fallback, NdArray array, Type type) {
    String name =
        parameterNames.computeIfAbsent(
            array,
            _ -> {
              String path = paths.apply(array);
              String chosen = unique(path != null ? path : fallback);
              parameters.put(chosen, array);
              return chosen;
            });
    return new Value(this, name, type);
  }

  /// A number as a scalar constant.
  public Value scalar(Type type, double value) {
    return constant(
        type,
        type.encode(value),
        value == Math.rint(value) && Math.abs(value) < 1e15
            ? Long.toString((long) value)
            : Double.toString(value));
  }

  /// A whole number as a scalar int64 constant.
  public Value scalar(long value) {
    return constant(Type.INT64, Type.encodeLongs(value), Long.toString(value));
  }

  /// Whole numbers as a vector of int64.
  public Value vector(long... values) {
    return constant(Type.INT64, Type.encodeLongs(values), label(values), values.length);
  }

  /// A constant of any shape.
  public Value constant(Type type, ByteString bytes, String label, long... dims) {
    Constant key = new Constant(type, Arrays.stream(dims).boxed().toList(), bytes);
    Value known = constants.get(key);
    if (known != null) {
      return known;
    }
    String name = unique("constant/" + label);
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type.number()).setRawData(bytes);
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    main.addInitializer(tensor);
    Value value = new Value(this, name, type);
    constants.put(key, value);
    return value;
  }

  private static String label(long... values) {
    StringBuilder text = new StringBuilder();
    for (long value : values) {
      text.append(text.isEmpty() ? "" : ",").append(value);
      if (text.length() > 32) {
        return text + ",etc";
      }
    }
    return text.isEmpty() ? "empty" : text.toString();
  }

  private record Constant(Type type, List<Long> dims, ByteString bytes) {}

  // Nodes.

  /// Adds a node with one output.
  public Value node(String op, Type type, List<Value> from, AttributeProto... attributes) {
    return node("", op, List.of(type), from, attributes).getFirst();
  }

  /// Adds a node of ONNX Runtime's own operators.
  public List<Value> fusedNode(
      String op, List<Type> types, List<Value> from, AttributeProto... attributes) {
    fusedUsed = true;
    return node(MICROSOFT, op, types, from, attributes);
  }

  /// Adds a node with any number of outputs. A value of [#absent] stands for an input left out.
  public List<Value> node(
      String domain, String op, List<Type> types, List<Value> from, AttributeProto... attributes) {
    String name = unique((stages.isEmpty() ? "" : stages.element() + "/") + op);
    NodeProto.Builder node = NodeProto.newBuilder().setName(name).setOpType(op);
    if (!domain.isEmpty()) {
      node.setDomain(domain);
    }
    if (pendingDoc != null) {
      node.setDocString(pendingDoc);
      pendingDoc = null;
    }
    for (Value value : from) {
      node.addInput(value.name());
    }
    node.addAllAttribute(List.of(attributes));
    List<Value> results = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      String output = i == 0 ? name : unique(name + ":" + i);
      node.addOutput(output);
      results.add(new Value(this, output, types.get(i)));
    }
    bodies.element().addNode(node);
    return results;
  }

  /// An input that is left out.
  public Value absent() {
    return new Value(this, "", real());
  }

  /// Writes part of a graph under a name that its nodes start with; the first node gets the
  /// documentation.
  public <T> T stage(String name, String doc, Supplier<T> part) {
    String outer = stages.peek();
    stages.push(outer == null || outer.isEmpty() ? name : outer + "/" + name);
    pendingDoc = doc.isEmpty() ? pendingDoc : doc;
    try {
      return part.get();
    } finally {
      pendingDoc = null;
      stages.pop();
    }
  }

  /// As [#stage(String, String, Supplier)] without documentation.
  public <T> T stage(String name, Supplier<T> part) {
    return stage(name, "", part);
  }

  /// Writes the body of a control-flow node.
  ///
  /// @param name of the body
  /// @param from names and types of the body's inputs
  /// @param ranks of the body's inputs, aligned with `from`
  /// @param part makes the body's outputs from its inputs
  public Body body(
      String name, List<Type> from, List<Integer> ranks, Function<List<Value>, List<Value>> part) {
    GraphProto.Builder body = GraphProto.newBuilder().setName(name);
    List<Value> arguments = new ArrayList<>();
    for (int i = 0; i < from.size(); i++) {
      Value argument = new Value(this, unique(name + "/in"), from.get(i));
      body.addInput(info(argument.name(), from.get(i), ranks.get(i)));
      arguments.add(argument);
    }
    bodies.push(body);
    List<Value> results;
    try {
      // A body's outputs must be made in the body, so that what passes through gets a node.
      results = part.apply(arguments).stream().map(Value::identity).toList();
    } finally {
      bodies.pop();
    }
    for (Value result : results) {
      body.addOutput(info(result.name(), result.type(), -1));
    }
    return new Body(body.build(), results.stream().map(Value::type).toList());
  }

  /// A finished subgraph.
  ///
  /// @param proto the graph
  /// @param types of its outputs
  public record Body(GraphProto proto, List<Type> types) {}

  /// Writes nodes of the main graph, wherever the writing stands.
  <T> T inMain(Supplier<T> part) {
    if (bodies.size() == 1) {
      return part.get();
    }
    bodies.push(main);
    try {
      return part.get();
    } finally {
      bodies.pop();
    }
  }

  private void claim(String name) {
    if (!names.add(name)) {
      throw new IllegalArgumentException("name: '" + name + "' is used twice in one graph");
    }
  }

  private String unique(String wanted) {
    String name = wanted;
    while (!names.add(name)) {
      name = wanted + "_" + counters.merge(wanted, 1, Integer::sum);
    }
    return name;
  }

  // The result.

  /// What it reads and returns.
  public Signature signature() {
    return new Signature(inputs, outputs, List.copyOf(optional), List.copyOf(freeRanks), fixed);
  }

  /// The parameters by name, not yet part of [#model]: the writer decides where their bytes go.
  public Map<String, NdArray> parameters() {
    return parameters;
  }

  /// The name of a parameter, or null if this graph has no such parameter.
  public @Nullable String nameOf(NdArray array) {
    return parameterNames.get(array);
  }

  /// The type parameters of this kind are stored in.
  public Type stored(NdArray array) {
    return array instanceof Tensor ? real() : Type.of(array.type());
  }

  /// The model, its parameters left out.
  ///
  /// @param name of the graph
  /// @param doc of the graph
  public ModelProto.Builder model(String name, String doc) {
    GraphProto.Builder graph = main.clone().setName(name).setDocString(doc);
    UnreadNodes.remove(graph, outputs.stream().map(Signature.Slot::tensor).toList());
    for (Signature.Slot slot : inputs) {
      graph.addInput(info(slot));
    }
    for (Signature.Slot slot : outputs) {
      graph.addOutput(info(slot));
    }
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("attention4j")
            .setGraph(graph)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset()));
    if (fusedUsed) {
      model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(MICROSOFT).setVersion(1));
    }
    return model;
  }

  private ValueInfoProto info(Signature.Slot slot) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (int i = 0; i < slot.axes().size(); i++) {
      TensorShapeProto.Dimension.Builder dim = shape.addDimBuilder();
      switch (slot.axes().get(i)) {
        case Axis.Fixed(var size) -> dim.setDimValue(size);
        case Axis.Named(var name) -> {
          Signature.Limit limit = fixed.get(name);
          if (limit != null) {
            dim.setDimValue(limit.size());
          } else {
            dim.setDimParam(name);
          }
        }
        case Axis.OneOr(var name) -> dim.setDimParam(slot.name() + "_" + name);
        case Axis.AtMost(_, var name) -> dim.setDimParam(slot.name() + "_" + name);
        case Axis.LessOne(var name) -> dim.setDimParam(name + "_minus_1");
        case Axis.PlusOne(var name) -> dim.setDimParam(name + "_plus_1");
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(slot.tensor())
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(slot.type().number())
                        .setShape(shape)))
        .build();
  }

  private static ValueInfoProto info(String name, Type type, int rank) {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.number());
    if (rank >= 0) {
      TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
      for (int i = 0; i < rank; i++) {
        shape.addDimBuilder();
      }
      tensor.setShape(shape);
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }
}
