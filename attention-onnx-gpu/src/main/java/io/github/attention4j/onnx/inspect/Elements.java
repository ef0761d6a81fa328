package io.github.attention4j.onnx.inspect;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Arrays of this project as tensors of the runtime, and back, with the conversions that lose
 * nothing but precision.
 */
public final class Elements {
  private Elements() {}

  /// A tensor of the type that an input has.
  ///
  /// @throws IllegalArgumentException if the elements do not fit the type
  public static OnnxTensor tensor(
      OrtEnvironment environment, String name, NdArray array, TensorInfo info) throws OrtException {
    long[] shape = array.shape().toArray();
    checkShape(name, array, info);
    OnnxJavaType type = info.type;
    if (array instanceof Tensor && type == OnnxJavaType.FLOAT) {
      return OnnxTensor.createTensor(environment, direct(array).asFloatBuffer(), shape);
    }
    if (array instanceof LongTensor && type == OnnxJavaType.INT64) {
      return OnnxTensor.createTensor(environment, direct(array).asLongBuffer(), shape);
    }
    if (array instanceof BooleanTensor && type == OnnxJavaType.BOOL) {
      return OnnxTensor.createTensor(environment, direct(array), shape, type);
    }
    int bytes = type.size;
    int count = Math.toIntExact(array.shape().elements());
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(count, Math.max(bytes, 1)))
            .order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      put(name, array, i, type, buffer);
    }
    return OnnxTensor.createTensor(environment, buffer.flip(), shape, type);
  }

  private static void checkShape(String name, NdArray array, TensorInfo info) {
    long[] declared = info.getShape();
    boolean fits = declared.length == array.shape().rank();
    for (int axis = 0; fits && axis < declared.length; axis++) {
      fits = declared[axis] < 0 || declared[axis] == array.shape().size(axis);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          name
              + ": expected "
              + Arrays.toString(declared)
              + " (-1 is any size), got "
              + array.describe());
    }
  }

  private static ByteBuffer direct(NdArray array) {
    MemorySegment segment = array.segment();
    return segment.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  private static void put(String name, NdArray array, int index, OnnxJavaType type, ByteBuffer to) {
    switch (array) {
      case Tensor floats -> {
        float value = floats.at(index);
        switch (type) {
          case FLOAT16 -> to.putShort(Float.floatToFloat16(value));
          case BFLOAT16 -> to.putShort((short) ((Float.floatToRawIntBits(value) + 0x8000) >>> 16));
          case DOUBLE -> to.putDouble(value);
          default -> throw wrongType(name, array, type);
        }
      }
      case LongTensor whole -> putWhole(name, array, whole.at(index), type, to);
      case BooleanTensor booleans -> putWhole(name, array, booleans.at(index) ? 1 : 0, type, to);
    }
  }

  private static void putWhole(
      String name, NdArray array, long value, OnnxJavaType type, ByteBuffer to) {
    switch (type) {
      case INT64 -> to.putLong(value);
      case INT32 -> to.putInt((int) inRange(name, value, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case INT16 -> to.putShort((short) inRange(name, value, Short.MIN_VALUE, Short.MAX_VALUE));
      case INT8 -> to.put((byte) inRange(name, value, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT8 -> to.put((byte) inRange(name, value, 0, 255));
      case BOOL -> to.put((byte) inRange(name, value, 0, 1));
      case FLOAT -> to.putFloat((float) value);
      case DOUBLE -> to.putDouble((double) value);
      case FLOAT16 -> to.putShort(Float.floatToFloat16((float) value));
      default -> throw wrongType(name, array, type);
    }
  }

  private static long inRange(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + ": expected numbers from " + least + " to " + most + ", got " + value);
    }
    return value;
  }

  private static IllegalArgumentException wrongType(String name, NdArray array, OnnxJavaType type) {
    return new IllegalArgumentException(
        name + ": expected " + type.name().toLowerCase(Locale.ROOT) + ", got " + array.describe());
  }

  /// The elements of a tensor: floats as float32, whole numbers as int64; null if it holds neither
  /// nor booleans.
  public static @Nullable NdArray array(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    long[] shape = info.getShape();
    ByteBuffer bytes =
        info.type == OnnxJavaType.STRING || info.type == OnnxJavaType.UNKNOWN
            ? null
            : tensor.getByteBuffer();
    if (bytes == null) {
      return null;
    }
    bytes.order(ByteOrder.nativeOrder());
    return switch (info.type) {
      case FLOAT -> copy(bytes, Tensor.allocate(shape));
      case INT64 -> copy(bytes, LongTensor.allocate(shape));
      case BOOL -> copy(bytes, BooleanTensor.allocate(shape));
      case FLOAT16, BFLOAT16, DOUBLE -> {
        Tensor array = Tensor.allocate(shape);
        for (int i = 0; i < array.shape().elements(); i++) {
          array.set(i, real(info.type, bytes, i));
        }
        yield array;
      }
      case INT8, UINT8, INT16, INT32 -> {
        LongTensor array = LongTensor.allocate(shape);
        for (int i = 0; i < array.shape().elements(); i++) {
          array.set(i, whole(info.type, bytes, i));
        }
        yield array;
      }
      default -> null;
    };
  }

  private static NdArray copy(ByteBuffer from, NdArray to) {
    to.segment().copyFrom(MemorySegment.ofBuffer(from));
    return to;
  }

  private static float real(OnnxJavaType type, ByteBuffer bytes, int index) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat(bytes.getShort(2 * index));
      case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort(2 * index) << 16);
      default -> (float) bytes.getDouble(8 * index);
    };
  }

  private static long whole(OnnxJavaType type, ByteBuffer bytes, int index) {
    return switch (type) {
      case INT8 -> bytes.get(index);
      case UINT8 -> bytes.get(index) & 0xFF;
      case INT16 -> bytes.getShort(2 * index);
      default -> bytes.getInt(4 * index);
    };
  }
}
