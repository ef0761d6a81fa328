package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.OperatorConformance.Outcome;
import io.github.attention4j.api.spi.OperatorConformance.Verdict;
import io.github.attention4j.onnx.conform.NodeMapping.Ran;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Compares results with what a test expects: |got − want| ≤ a + r |want|, with r = 1e-3 and a =
/// 1e-5 as the standard's own runner takes for float32, and one rounding step of the format for
/// narrower floats. NaN and infinity must be where they are expected; whole numbers and booleans
/// must be equal.
final class Comparison {
  private Comparison() {}

  static Verdict of(NodeTest test, String operators, Ran ran) {
    List<String> wrong = new ArrayList<>();
    double largest = Double.NaN;
    for (Map.Entry<String, NdArray> want : test.expected().entrySet()) {
      NdArray got = ran.outputs().get(want.getKey());
      if (got == null) {
        wrong.add(want.getKey() + ": missing");
        continue;
      }
      int type = test.types().getOrDefault(want.getKey(), DataType.FLOAT_VALUE);
      String difference = difference(want.getValue(), got, type);
      if (difference != null) {
        wrong.add(want.getKey() + ": " + difference);
      }
      double error = error(want.getValue(), got);
      largest = Double.isNaN(largest) || error > largest ? error : largest;
    }
    return new Verdict(
        test.name(),
        operators,
        ran.device(),
        wrong.isEmpty() ? Outcome.PASS : Outcome.FAIL,
        largest,
        String.join("; ", wrong),
        ran.outputs());
  }

  private static double error(NdArray want, NdArray got) {
    double largest = 0;
    if (want instanceof Tensor a && got instanceof Tensor b && a.shape().equals(b.shape())) {
      for (long i = 0; i < a.shape().elements(); i++) {
        double error = Math.abs((double) a.at(i) - b.at(i));
        largest = error > largest ? error : largest;
      }
    }
    return largest;
  }

  private static @Nullable String difference(NdArray want, NdArray got, int type) {
    if (!want.shape().equals(got.shape()) || want.type() != got.type()) {
      return "expected " + want.describe() + ", got " + got.describe();
    }
    double relative =
        type == DataType.BFLOAT16_VALUE ? 0x1p-7 : type == DataType.FLOAT16_VALUE ? 0x1p-9 : 1e-3;
    double absolute =
        type == DataType.BFLOAT16_VALUE ? 0x1p-8 : type == DataType.FLOAT16_VALUE ? 0x1p-10 : 1e-5;
    for (long i = 0; i < want.shape().elements(); i++) {
      double expected = at(want, i);
      double actual = at(got, i);
      boolean close =
          Double.compare(expected, actual) == 0
              || Math.abs(expected - actual) <= absolute + relative * Math.abs(expected);
      if (!close || (want.type() != ElementType.FLOAT32 && expected != actual)) {
        return String.format(Locale.ROOT, "element %d: expected %s, got %s", i, expected, actual);
      }
    }
    return null;
  }

  private static double at(NdArray array, long index) {
    return switch (array) {
      case Tensor floats -> floats.at(index);
      case LongTensor whole -> whole.at(index);
      case BooleanTensor booleans -> booleans.at(index) ? 1 : 0;
    };
  }
}
