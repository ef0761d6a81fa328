package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OnnxTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a run of a network remembers, in memory of ONNX Runtime: one step's present is the next
/// step's past, without a copy.
final class Memory implements AutoCloseable {
  private @Nullable AutoCloseable owner;
  private Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

  /// What a node remembers, `[batch, length, channels]`, or null.
  @Nullable OnnxTensor find(String node) {
    return tensors.get(node);
  }

  /// How many positions were consumed.
  long length() {
    return tensors.values().stream()
        .mapToLong(tensor -> tensor.getInfo().getShape()[1])
        .max()
        .orElse(0);
  }

  /// How many sequences there are.
  long batch() {
    return tensors.values().stream()
        .mapToLong(tensor -> tensor.getInfo().getShape()[0])
        .max()
        .orElse(1);
  }

  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  /// Frees what was remembered and holds something new.
  ///
  /// @param newOwner frees the tensors when closed
  void replace(AutoCloseable newOwner, Map<String, OnnxTensor> newTensors) {
    close();
    owner = newOwner;
    tensors = newTensors;
  }

  @Override
  public void close() {
    AutoCloseable old = owner;
    owner = null;
    tensors = new LinkedHashMap<>();
    if (old != null) {
      try {
        old.close();
      } catch (Exception failure) {
        throw new IllegalStateException("ONNX Runtime: " + failure.getMessage(), failure);
      }
    }
  }
}
