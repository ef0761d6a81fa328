package io.github.attention4j.onnx.inspect;

import com.google.protobuf.ByteString;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.AttributeProto.AttributeType;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TensorShapeProto;
import io.github.attention4j.onnx.proto.TypeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A small model written operator by operator, with what it is fed. */
final class HandMadeModel {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("hand-made");
  private final Map<String, float[]> constants = new HashMap<>();
  private final SplittableRandom random = new SplittableRandom(7);
  private final List<String> outputs = new ArrayList<>();
  private final int opset;
  private Inputs inputs = Inputs.none();
  private int count;

  HandMadeModel(int opset) {
    this.opset = opset;
  }

  GraphProto.Builder graph() {
    return graph;
  }

  Inputs inputs() {
    return inputs;
  }

  /** An input of dynamic sizes fed with this array. */
  String input(String name, NdArray array) {
    return input(name, array, type(array));
  }

  String input(String name, NdArray array, int type) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (int axis = 0; axis < array.shape().rank(); axis++) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(name + axis));
    }
    graph.addInput(info(name, type).toBuilder().setType(tensorType(type, shape)));
    inputs = inputs.with(name, array);
    return name;
  }

  private static int type(NdArray array) {
    return switch (array.type()) {
      case FLOAT32 -> TensorProto.DataType.FLOAT_VALUE;
      case INT64 -> TensorProto.DataType.INT64_VALUE;
      case BOOL -> TensorProto.DataType.BOOL_VALUE;
    };
  }

  private static ValueInfoProto info(String name, int type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(type)))
        .build();
  }

  private static TypeProto tensorType(int type, TensorShapeProto.Builder shape) {
    return TypeProto.newBuilder()
        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape))
        .build();
  }

  /** A random input. */
  String features(String name, long... sizes) {
    return input(name, noise(sizes));
  }

  Tensor noise(long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) (2 * random.nextDouble() - 1));
    }
    return array;
  }

  /** A random constant. */
  String weight(long... sizes) {
    return floats(noise(sizes).toArray(), sizes);
  }

  String floats(float[] values, long... sizes) {
    String name = "weight" + count++;
    constants.put(name, values);
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
    for (long size : sizes) {
      tensor.addDims(size);
    }
    for (float value : values) {
      tensor.addFloatData(value);
    }
    graph.addInitializer(tensor);
    return name;
  }

  String scalar(float value) {
    return floats(new float[] {value});
  }

  String longs(long... values) {
    String name = "sizes" + count++;
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return name;
  }

  String bytes(int type, byte... values) {
    String name = "bytes" + count++;
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type)
            .setRawData(ByteString.copyFrom(values));
    if (values.length > 1) {
      tensor.addDims(values.length);
    }
    graph.addInitializer(tensor);
    return name;
  }

  float[] constant(String name) {
    float[] values = constants.get(name);
    if (values == null) {
      throw new AssertionError(name);
    }
    return values;
  }

  /** A node with one output. */
  String node(String operator, List<String> in, AttributeProto... attributes) {
    return nodes(operator, in, 1, attributes)[0];
  }

  String[] nodes(String operator, List<String> in, int results, AttributeProto... attributes) {
    int dots = operator.indexOf("::");
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setDomain(dots < 0 ? "" : operator.substring(0, dots))
            .setOpType(dots < 0 ? operator : operator.substring(dots + 2))
            .setName(operator + "_" + count++)
            .addAllInput(in)
            .addAllAttribute(List.of(attributes));
    String[] names = new String[results];
    for (int i = 0; i < results; i++) {
      names[i] = "value" + count++;
      node.addOutput(names[i]);
    }
    graph.addNode(node);
    return names;
  }

  String matMul(String left, String right) {
    return node("MatMul", List.of(left, right));
  }

  String reshape(String value, long... sizes) {
    return node("Reshape", List.of(value, longs(sizes)));
  }

  String transpose(String value, long... permutation) {
    return node("Transpose", List.of(value), integers("perm", permutation));
  }

  String softmax(String value) {
    return node("Softmax", List.of(value), integer("axis", -1));
  }

  /** `[batch, length, heads * size]` as `[batch, heads, length, size]`. */
  String split(String value, long heads, long size) {
    return transpose(reshape(value, 0, 0, heads, size), 0, 2, 1, 3);
  }

  /** The reverse of [#split], and a projection. */
  String merge(String value, long heads, long size) {
    return matMul(
        reshape(transpose(value, 0, 2, 1, 3), 0, 0, heads * size), weight(heads * size, 6));
  }

  void output(String value) {
    outputs.add(value);
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  static AttributeProto number(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  ModelProto model() {
    GraphProto.Builder whole = graph.clone();
    outputs.forEach(name -> whole.addOutput(ValueInfoProto.newBuilder().setName(name)));
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .setProducerName("hand-made")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("com.microsoft").setVersion(1))
        .setGraph(whole)
        .build();
  }

  InspectedModel open(Path folder) {
    try {
      Path file = folder.resolve("model.onnx");
      Files.write(file, model().toByteArray());
      return new OnnxModelInspector().open(file, Settings.defaults());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  ModelRun run(Path folder) {
    try (InspectedModel model = open(folder)) {
      return model.run(inputs, MapRequest.all().withNorms());
    }
  }
}
