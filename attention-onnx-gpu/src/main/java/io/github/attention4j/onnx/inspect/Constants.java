package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The elements of small constants. */
final class Constants {
  private static final double[] NONE = {};

  private Constants() {}

  /// The elements as doubles; empty if they lie outside the file or have a type that is no number.
  static double[] doubles(TensorProto tensor) {
    if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      return NONE;
    }
    TensorProto.DataType type = TensorProto.DataType.forNumber(tensor.getDataType());
    if (type == null) {
      return NONE;
    }
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return switch (type) {
      case FLOAT -> {
        double[] values =
            new double[tensor.hasRawData() ? raw.remaining() / 4 : tensor.getFloatDataCount()];
        for (int i = 0; i < values.length; i++) {
          values[i] = tensor.hasRawData() ? raw.getFloat(4 * i) : tensor.getFloatData(i);
        }
        yield values;
      }
      case DOUBLE -> {
        double[] values =
            new double[tensor.hasRawData() ? raw.remaining() / 8 : tensor.getDoubleDataCount()];
        for (int i = 0; i < values.length; i++) {
          values[i] = tensor.hasRawData() ? raw.getDouble(8 * i) : tensor.getDoubleData(i);
        }
        yield values;
      }
      case FLOAT16, BFLOAT16 -> {
        double[] values =
            new double[tensor.hasRawData() ? raw.remaining() / 2 : tensor.getInt32DataCount()];
        for (int i = 0; i < values.length; i++) {
          short bits = tensor.hasRawData() ? raw.getShort(2 * i) : (short) tensor.getInt32Data(i);
          values[i] =
              type == TensorProto.DataType.FLOAT16
                  ? Float.float16ToFloat(bits)
                  : Float.intBitsToFloat(bits << 16);
        }
        yield values;
      }
      case INT64 -> {
        double[] values =
            new double[tensor.hasRawData() ? raw.remaining() / 8 : tensor.getInt64DataCount()];
        for (int i = 0; i < values.length; i++) {
          values[i] = tensor.hasRawData() ? raw.getLong(8 * i) : tensor.getInt64Data(i);
        }
        yield values;
      }
      case INT32 -> {
        double[] values =
            new double[tensor.hasRawData() ? raw.remaining() / 4 : tensor.getInt32DataCount()];
        for (int i = 0; i < values.length; i++) {
          values[i] = tensor.hasRawData() ? raw.getInt(4 * i) : tensor.getInt32Data(i);
        }
        yield values;
      }
      default -> NONE;
    };
  }
}
