package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Signature;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A run of a network on nothing. ONNX Runtime's operators want at least one entry in a batch, so
/// one of zeros is computed, and what came of it is cut away.
///
/// @param axis the name of the empty outermost axis
/// @param signature of the graph
record EmptyBatch(String axis, Signature signature) {

  /// The empty batch of these inputs, or null.
  static @Nullable EmptyBatch find(Signature signature, Inputs inputs) {
    for (Signature.Slot slot : signature.inputs()) {
      NdArray array = inputs.find(slot.name());
      if (array != null
          && array.shape().rank() > 0
          && array.shape().size(0) == 0
          && !slot.axes().isEmpty()
          && slot.axes().getFirst() instanceof Axis.Named(var name)) {
        return new EmptyBatch(name, signature);
      }
    }
    return null;
  }

  /// The inputs with one entry of zeros.
  Inputs filled(Inputs inputs) {
    Inputs filled = inputs;
    for (Signature.Slot slot : signature.inputs()) {
      NdArray array = inputs.find(slot.name());
      if (array != null) {
        filled = filled.with(slot.name(), resized(array, slot, 1));
      }
    }
    return filled;
  }

  /// What remains of the result.
  Result emptied(Result computed) {
    Map<String, NdArray> emptied = new LinkedHashMap<>(computed.arrays());
    for (Signature.Slot slot : signature.outputs()) {
      emptied.computeIfPresent(slot.name(), (_, array) -> resized(array, slot, 0));
    }
    return Result.of(emptied);
  }

  private NdArray resized(NdArray array, Signature.Slot slot, long size) {
    long[] sizes = array.shape().toArray();
    boolean changed = false;
    for (int i = 0; i < sizes.length && i < slot.axes().size(); i++) {
      if (slot.axes().get(i) instanceof Axis.Named(var name) && name.equals(axis)) {
        sizes[i] = size;
        changed = true;
      }
    }
    return changed ? allocate(array.type(), sizes) : array;
  }

  private static NdArray allocate(ElementType type, long[] sizes) {
    return switch (type) {
      case FLOAT32 -> Tensor.allocate(sizes);
      case INT64 -> LongTensor.allocate(sizes);
      case BOOL -> BooleanTensor.allocate(sizes);
    };
  }
}
