package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Tensors of the file format as arrays: floats of any width as float32, whole numbers as int64.
final class TensorProtos {
  private TensorProtos() {}

  /// The array.
  ///
  /// @throws IllegalArgumentException if it has a type that is no number, or too few elements
  static NdArray array(TensorProto tensor) {
    long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    DataType type = DataType.forNumber(tensor.getDataType());
    if (type == null) {
      throw unread(tensor);
    }
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return switch (type) {
      case FLOAT, FLOAT16, BFLOAT16, DOUBLE -> {
        Tensor array = Tensor.allocate(shape);
        for (int i = 0; i < array.shape().elements(); i++) {
          array.set(i, (float) real(tensor, type, raw, i));
        }
        yield array;
      }
      case BOOL -> {
        BooleanTensor array = BooleanTensor.allocate(shape);
        for (int i = 0; i < array.shape().elements(); i++) {
          array.set(i, tensor.hasRawData() ? raw.get(i) != 0 : tensor.getInt32Data(i) != 0);
        }
        yield array;
      }
      case INT64, INT32, INT8, UINT8 -> {
        LongTensor array = LongTensor.allocate(shape);
        for (int i = 0; i < array.shape().elements(); i++) {
          array.set(i, whole(tensor, type, raw, i));
        }
        yield array;
      }
      default -> throw unread(tensor);
    };
  }

  private static IllegalArgumentException unread(TensorProto tensor) {
    return new IllegalArgumentException(
        "tensor '"
            + tensor.getName()
            + "': expected numbers or booleans, got data type "
            + tensor.getDataType());
  }

  private static double real(TensorProto tensor, DataType type, ByteBuffer raw, int index) {
    boolean bytes = tensor.hasRawData();
    return switch (type) {
      case FLOAT -> bytes ? raw.getFloat(4 * index) : tensor.getFloatData(index);
      case DOUBLE -> bytes ? raw.getDouble(8 * index) : tensor.getDoubleData(index);
      case FLOAT16 ->
          Float.float16ToFloat(
              bytes ? raw.getShort(2 * index) : (short) tensor.getInt32Data(index));
      default ->
          Float.intBitsToFloat(
              (bytes ? raw.getShort(2 * index) : tensor.getInt32Data(index)) << 16);
    };
  }

  private static long whole(TensorProto tensor, DataType type, ByteBuffer raw, int index) {
    if (!tensor.hasRawData()) {
      return type == DataType.INT64 ? tensor.getInt64Data(index) : tensor.getInt32Data(index);
    }
    return switch (type) {
      case INT64 -> raw.getLong(8 * index);
      case INT32 -> raw.getInt(4 * index);
      case INT8 -> raw.get(index);
      default -> raw.get(index) & 0xFF;
    };
  }
}
