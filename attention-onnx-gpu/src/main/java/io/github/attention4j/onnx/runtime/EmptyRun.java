package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import java.util.Map;

/// A run without a batch, queries or keys. Operators of ONNX do not all define a reduction over
/// nothing; the vocabulary does.
final class EmptyRun {
  private EmptyRun() {}

  /// Whether nothing in means nothing out: not so where a state or a memory is read as well.
  static boolean covers(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _ ->
          true;
      case Mechanism.Linearized _, Mechanism.Recurrent _, Mechanism.Memory _ -> false;
    };
  }

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
