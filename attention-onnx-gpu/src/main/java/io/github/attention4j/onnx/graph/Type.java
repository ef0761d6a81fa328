package io.github.attention4j.onnx.graph;

import com.google.protobuf.ByteString;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The element types of graph values, with the bytes of their constants.
public enum Type {
  FLOAT(DataType.FLOAT, 4),
  FLOAT16(DataType.FLOAT16, 2),
  BFLOAT16(DataType.BFLOAT16, 2),
  DOUBLE(DataType.DOUBLE, 8),
  INT64(DataType.INT64, 8),
  INT32(DataType.INT32, 4),
  BOOL(DataType.BOOL, 1);

  private final DataType dataType;
  private final int bytes;

  Type(DataType dataType, int bytes) {
    this.dataType = dataType;
    this.bytes = bytes;
  }

  /// The type an array of the vocabulary has in a graph.
  public static Type of(ElementType type) {
    return switch (type) {
      case FLOAT32 -> FLOAT;
      case INT64 -> INT64;
      case BOOL -> BOOL;
    };
  }

  /// The number the format knows it by.
  public int number() {
    return dataType.getNumber();
  }

  /// Bytes per element.
  public int bytes() {
    return bytes;
  }

  /// Whether it holds real numbers.
  public boolean isReal() {
    return this == FLOAT || this == FLOAT16 || this == BFLOAT16 || this == DOUBLE;
  }

  /// Numbers as little-endian bytes, rounded to this type.
  public ByteString encode(double... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(values.length, bytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (this) {
        case FLOAT -> buffer.putFloat((float) value);
        case FLOAT16 -> buffer.putShort(Float.floatToFloat16((float) value));
        case BFLOAT16 -> buffer.putShort(bfloat16((float) value));
        case DOUBLE -> buffer.putDouble(value);
        case INT64 -> buffer.putLong((long) value);
        case INT32 -> buffer.putInt((int) value);
        case BOOL -> buffer.put((byte) (value != 0 ? 1 : 0));
      }
    }
    return ByteString.copyFrom(buffer.flip());
  }

  /// Whole numbers as little-endian bytes, exactly.
  public static ByteString encodeLongs(long... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(values.length, 8)).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      buffer.putLong(value);
    }
    return ByteString.copyFrom(buffer.flip());
  }

  /// The contents of an array as little-endian bytes; float32 is rounded to this type.
  public ByteString encode(NdArray array) {
    if (array instanceof Tensor tensor && this != FLOAT) {
      long count = tensor.shape().elements();
      ByteBuffer buffer =
          ByteBuffer.allocate(Math.toIntExact(Math.multiplyExact(count, bytes)))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (long i = 0; i < count; i++) {
        if (this == DOUBLE) {
          buffer.putDouble(tensor.at(i));
        } else {
          buffer.putShort(
              this == FLOAT16 ? Float.floatToFloat16(tensor.at(i)) : bfloat16(tensor.at(i)));
        }
      }
      return ByteString.copyFrom(buffer.flip());
    }
    MemorySegment segment = array.segment();
    if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN || bytes == 1) {
      return ByteString.copyFrom(segment.asByteBuffer());
    }
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.toIntExact(segment.byteSize())).order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < array.shape().elements(); i++) {
      if (bytes == 4) {
        buffer.putInt(segment.getAtIndex(ValueLayout.JAVA_INT, i));
      } else {
        buffer.putLong(segment.getAtIndex(ValueLayout.JAVA_LONG, i));
      }
    }
    return ByteString.copyFrom(buffer.flip());
  }

  /// Round to nearest, ties to even; a NaN stays one.
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }
}
