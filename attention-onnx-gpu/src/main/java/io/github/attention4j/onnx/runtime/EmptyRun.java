package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import java.util.Map;

/// A run without a batch, queries or keys. Operators of ONNX do not all define a reduction over
/// nothing; the vocabulary does.
final class EmptyRun {
  private EmptyRun() {}

  /// Outputs and weights are 0, the log-sum-exp −∞, best keys −1.
  static void fill(Map<String, NdArray> outputs) {
    outputs.forEach((name, array) -> {
      if (array instanceof LongTensor ids) {
        for (long i = 0; i < ids.shape().elements(); i++) {
          ids.set(i, -1);
        }
      } else {
        array.segment().fill((byte) 0);
        if (name.equals(Result.LOG_SUM_EXP) && array instanceof Tensor tensor) {
          for (long i = 0; i < tensor.shape().elements(); i++) {
            tensor.set(i, Float.NEGATIVE_INFINITY);
          }
        }
      }
    });
  }
}
