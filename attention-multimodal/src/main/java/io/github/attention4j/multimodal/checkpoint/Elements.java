package io.github.attention4j.multimodal.checkpoint;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Bytes of a file as arrays: without a copy where type, order and alignment already fit. */
final class Elements {
  private final String what;
  private final Dtype dtype;
  private final Shape shape;
  private final MemorySegment bytes;
  private final ByteOrder order;

  /**
   * Elements in memory.
   *
   * @param what for messages
   * @param bytes native, of the exact size
   */
  Elements(String what, Dtype dtype, Shape shape, MemorySegment bytes, ByteOrder order) {
    this.what = what;
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
    this.order = order;
  }

  /** The array of the kind the type is read as. */
  NdArray read() {
    return switch (dtype.kind()) {
      case FLOAT -> floats();
      case INTEGER -> longs();
      case BOOLEAN -> booleans();
      case OTHER ->
          throw new IllegalArgumentException(
              what + ": expected a type that can be read as float32, int64 or bool, got " + dtype);
    };
  }

  /** Float32 values, rounded to nearest where the file holds more. */
  Tensor floats() {
    require(Dtype.Kind.FLOAT, "F32, F64, F16 or BF16");
    if (dtype == Dtype.F32 && inPlace(Float.BYTES)) {
      return Tensor.wrap(bytes, shape);
    }
    Tensor to = Tensor.allocate(shape);
    for (long i = 0, n = shape.elements(); i < n; i++) {
      to.set(i, (float) element(i));
    }
    return to;
  }

  /** The values as float64, exactly. */
  double[] doubles() {
    require(Dtype.Kind.FLOAT, "F32, F64, F16 or BF16");
    double[] to = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < to.length; i++) {
      to[i] = element(i);
    }
    return to;
  }

  LongTensor longs() {
    require(Dtype.Kind.INTEGER, "an integer type");
    if (dtype == Dtype.I64 && inPlace(Long.BYTES)) {
      return LongTensor.wrap(bytes, shape);
    }
    LongTensor to = LongTensor.allocate(shape);
    for (long i = 0, n = shape.elements(); i < n; i++) {
      to.set(i, integer(i));
    }
    return to;
  }

  BooleanTensor booleans() {
    require(Dtype.Kind.BOOLEAN, "BOOL");
    for (long i = 0, n = shape.elements(); i < n; i++) {
      byte value = bytes.get(ValueLayout.JAVA_BYTE, i);
      if (value != 0 && value != 1) {
        throw new IllegalArgumentException(
            what + ": expected bytes 0 or 1, got " + (value & 0xFF) + " at element " + i);
      }
    }
    return BooleanTensor.wrap(bytes, shape);
  }

  private void require(Dtype.Kind kind, String expected) {
    if (dtype.kind() != kind) {
      throw new IllegalArgumentException(what + ": expected " + expected + ", got " + dtype);
    }
  }

  private boolean inPlace(int alignment) {
    return order == ByteOrder.nativeOrder() && bytes.address() % alignment == 0;
  }

  private double element(long i) {
    return switch (dtype) {
      case F16 -> Float.float16ToFloat(bytes.get(shorts(), i * Short.BYTES));
      case BF16 -> Float.intBitsToFloat(bytes.get(shorts(), i * Short.BYTES) << 16);
      case F32 -> bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order), i * Float.BYTES);
      case F64 -> bytes.get(ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(order), i * Double.BYTES);
      default -> throw new AssertionError(dtype);
    };
  }

  private long integer(long i) {
    return switch (dtype) {
      case U8 -> Byte.toUnsignedLong(bytes.get(ValueLayout.JAVA_BYTE, i));
      case I8 -> bytes.get(ValueLayout.JAVA_BYTE, i);
      case U16 -> Short.toUnsignedLong(bytes.get(shorts(), i * Short.BYTES));
      case I16 -> bytes.get(shorts(), i * Short.BYTES);
      case U32 -> Integer.toUnsignedLong(bytes.get(ints(), i * Integer.BYTES));
      case I32 -> bytes.get(ints(), i * Integer.BYTES);
      case I64, U64 -> {
        long value = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order), i * Long.BYTES);
        if (dtype == Dtype.U64 && value < 0) {
          throw new IllegalArgumentException(
              what
                  + ": expected values below 2^63, got "
                  + Long.toUnsignedString(value)
                  + " at element "
                  + i);
        }
        yield value;
      }
      default -> throw new AssertionError(dtype);
    };
  }

  private ValueLayout.OfShort shorts() {
    return ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order);
  }

  private ValueLayout.OfInt ints() {
    return ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
  }
}
