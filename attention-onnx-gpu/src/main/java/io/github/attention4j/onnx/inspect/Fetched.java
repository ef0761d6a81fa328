package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.util.Map;

/** What a run gave, by the names of outputs. */
record Fetched(Map<String, NdArray> arrays) {
  NdArray array(String name) {
    NdArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalStateException("not fetched: " + name);
    }
    return array;
  }

  Tensor tensor(String name) {
    if (array(name) instanceof Tensor tensor) {
      return tensor;
    }
    throw new NotShownException("expected floats in '" + name + "', got " + array(name).describe());
  }

  long[] shape(String name) {
    if (array(name) instanceof LongTensor sizes) {
      return sizes.toArray();
    }
    throw new IllegalStateException("no sizes: " + name);
  }
}
