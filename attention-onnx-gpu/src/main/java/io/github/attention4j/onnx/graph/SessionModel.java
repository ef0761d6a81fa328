package io.github.attention4j.onnx.graph;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.StringStringEntryProto;
import io.github.attention4j.onnx.proto.TensorProto;
import java.util.LinkedHashMap;
import java.util.Map;

/// A graph for a session in this process.
///
/// @param model without large parameters
/// @param outside the large parameters by name, which the session reads where they are
public record SessionModel(ModelProto model, Map<String, NdArray> outside) {
  /// Parameters from this size on stay outside; smaller ones take part in constant folding.
  private static final long LARGE = 16 << 10;

  /// The model of a graph.
  public static SessionModel forSession(Graph graph, String name) {
    ModelProto.Builder model = graph.model(name, "");
    GraphProto.Builder main = model.getGraphBuilder();
    Map<String, NdArray> outside = new LinkedHashMap<>();
    graph
        .parameters()
        .forEach((parameter, array) -> {
          Type type = graph.stored(array);
          if (type == Type.of(array.type()) && array.segment().byteSize() >= LARGE) {
            outside.put(parameter, array);
            main.addInitializer(placeholder(parameter, type, array));
          } else {
            main.addInitializer(header(parameter, type, array).setRawData(type.encode(array)));
          }
        });
    return new SessionModel(model.build(), outside);
  }

  /// Name, type and sizes of an initialiser.
  static TensorProto.Builder header(String name, Type type, NdArray array) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.number());
    for (long size : array.shape().toArray()) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private static TensorProto placeholder(String name, Type type, NdArray array) {
    return header(name, type, array)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", "memory"))
        .addExternalData(entry("length", Long.toString(array.segment().byteSize())))
        .build();
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
