package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Arrays of the vocabulary as tensors of ONNX Runtime, over the same memory.
final class NativeTensors {
  private NativeTensors() {}

  /// The array's memory as a tensor, not copied. The tensor must be closed before the memory goes.
  static OnnxTensor share(OrtEnvironment environment, NdArray array, long... sizes)
      throws OrtException {
    OnnxJavaType type =
        switch (array.type()) {
          case FLOAT32 -> OnnxJavaType.FLOAT;
          case INT64 -> OnnxJavaType.INT64;
          case BOOL -> OnnxJavaType.BOOL;
        };
    if (array.segment().byteSize() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "array: expected at most 2 GiB, the most ONNX Runtime's Java binding takes, got "
              + array.describe());
    }
    // A buffer that is not in native order would silently be read wrong.
    ByteBuffer buffer = array.segment().asByteBuffer().order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(environment, buffer, sizes, type);
  }

  static OnnxTensor share(OrtEnvironment environment, NdArray array) throws OrtException {
    return share(environment, array, array.shape().toArray());
  }

  /// A copy of a tensor ONNX Runtime owns.
  static NdArray copy(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    Shape shape = Shape.of(info.getShape());
    return switch (info.type) {
      case FLOAT -> fill(Tensor.allocate(shape), tensor);
      case INT64 -> fill(LongTensor.allocate(shape), tensor);
      case BOOL -> fill(BooleanTensor.allocate(shape), tensor);
      default ->
          throw new IllegalStateException("outputs are float32, int64 or bool, got " + info.type);
    };
  }

  private static NdArray fill(NdArray array, OnnxTensor tensor) {
    if (array.shape().elements() > 0) {
      array.segment().copyFrom(MemorySegment.ofBuffer(tensor.getByteBuffer()));
    }
    return array;
  }
}
