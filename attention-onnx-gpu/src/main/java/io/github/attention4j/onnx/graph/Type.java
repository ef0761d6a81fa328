package io.github.attention4j.onnx.graph;

import com.google.protobuf.ByteString;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
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
    return encode(array, 0, array.shape().elements());
  }

  /// How many elements at a time are encoded of arrays of any size.
  long chunk() {
    return (64L << 20) / bytes;
  }

  /// `count` elements from `from` on as little-endian bytes; float32 is rounded to this type.
  ByteString encode(NdArray array, long from, long count) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.toIntExact(Math.multiplyExact(count, bytes)))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long i = from; i < from + count; i++) {
      switch (array) {
        case Tensor tensor -> put(buffer, tensor.at(i));
        case LongTensor longs -> buffer.putLong(longs.at(i));
        case BooleanTensor booleans -> buffer.put((byte) (booleans.at(i) ? 1 : 0));
      }
    }
    return ByteString.copyFrom(buffer.flip());
  }

  private void put(ByteBuffer buffer, float value) {
    switch (this) {
      case FLOAT -> buffer.putFloat(value);
      case FLOAT16 -> buffer.putShort(Float.floatToFloat16(value));
      case BFLOAT16 -> buffer.putShort(bfloat16(value));
      case DOUBLE -> buffer.putDouble(value);
      case INT64, INT32, BOOL ->
          throw new IllegalStateException("float32 is not stored as " + this);
    }
  }

  /// The elements of stored bytes as an array of the vocabulary.
  ///
  /// @throws IllegalArgumentException if their number is not that of the shape, or no array has
  ///   this type
  public NdArray decode(ByteString bytesOfArray, Shape shape) {
    if (bytesOfArray.size() != shape.elements() * bytes) {
      throw new IllegalArgumentException(
          "data: expected "
              + shape.elements() * bytes
              + " bytes of "
              + this
              + " "
              + shape
              + ", got "
              + bytesOfArray.size());
    }
    ByteBuffer buffer = bytesOfArray.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long count = shape.elements();
    return switch (this) {
      case INT64 -> {
        LongTensor array = LongTensor.allocate(shape);
        for (long i = 0; i < count; i++) {
          array.set(i, buffer.getLong());
        }
        yield array;
      }
      case BOOL -> {
        BooleanTensor array = BooleanTensor.allocate(shape);
        for (long i = 0; i < count; i++) {
          array.set(i, buffer.get() != 0);
        }
        yield array;
      }
      case FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT32 -> {
        Tensor array = Tensor.allocate(shape);
        for (long i = 0; i < count; i++) {
          array.set(i, real(buffer));
        }
        yield array;
      }
    };
  }

  private float real(ByteBuffer buffer) {
    return switch (this) {
      case FLOAT -> buffer.getFloat();
      case FLOAT16 -> Float.float16ToFloat(buffer.getShort());
      case BFLOAT16 -> Float.intBitsToFloat(buffer.getShort() << 16);
      case DOUBLE -> (float) buffer.getDouble();
      case INT64, INT32, BOOL ->
          throw new IllegalArgumentException("data: expected real numbers, got " + this);
    };
  }

  /// The type of this number in the format.
  ///
  /// @throws IllegalArgumentException if it is none of these
  public static Type ofNumber(int number) {
    for (Type type : values()) {
      if (type.number() == number) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "data_type: expected one of " + java.util.Arrays.toString(values()) + ", got " + number);
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
