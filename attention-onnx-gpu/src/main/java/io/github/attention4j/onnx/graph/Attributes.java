package io.github.attention4j.onnx.graph;

import com.google.protobuf.ByteString;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.GraphProto;

/// The attributes of nodes.
public final class Attributes {
  private Attributes() {}

  /// A whole number.
  public static AttributeProto of(String name, long value) {
    return named(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  /// A real number.
  public static AttributeProto of(String name, float value) {
    return named(name, AttributeProto.AttributeType.FLOAT).setF(value).build();
  }

  /// A text.
  public static AttributeProto of(String name, String value) {
    return named(name, AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /// Whole numbers.
  public static AttributeProto list(String name, long... values) {
    AttributeProto.Builder attribute = named(name, AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  /// A subgraph.
  public static AttributeProto of(String name, GraphProto body) {
    return named(name, AttributeProto.AttributeType.GRAPH).setG(body).build();
  }

  private static AttributeProto.Builder named(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
