package io.github.attention4j.viz.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.util.Locale;

/// One computed array against the expected one: a value passes when |got − want| ≤ tolerance +
/// tolerance · |want|; integers and booleans must be equal; NaN and infinity fail.
///
/// @param passed whether every value passes
/// @param error the largest absolute error, or the number of unequal integers; NaN if it cannot be
///   told
/// @param text the finding for people
record Comparison(boolean passed, double error, String text) {
  static Comparison of(NdArray got, Expected want, double tolerance) {
    if (!got.shape().equals(want.shape())) {
      return new Comparison(
          false, Double.NaN, "shape " + got.shape() + ", expected " + want.shape());
    }
    return want.exact() ? equal(got, want) : close(got, want, tolerance);
  }

  private static Comparison equal(NdArray got, Expected want) {
    long differ = 0;
    for (int i = 0; i < want.values().length; i++) {
      if (value(got, i) != want.values()[i]) {
        differ++;
      }
    }
    return new Comparison(
        differ == 0, differ, differ + " of " + want.values().length + " are not equal");
  }

  private static Comparison close(NdArray got, Expected want, double tolerance) {
    double largest = 0;
    double worstExcess = Double.NEGATIVE_INFINITY;
    int worst = -1;
    int failed = 0;
    int notFinite = 0;
    for (int i = 0; i < want.values().length; i++) {
      double actual = value(got, i);
      double expected = want.values()[i];
      if (!Double.isFinite(actual)) {
        notFinite++;
        continue;
      }
      double error = Math.abs(actual - expected);
      double excess = error - tolerance * Math.abs(expected);
      largest = Math.max(largest, error);
      if (!(excess <= tolerance)) {
        failed++;
      }
      if (excess > worstExcess) {
        worstExcess = excess;
        worst = i;
      }
    }
    if (notFinite > 0) {
      return new Comparison(
          false, Double.NaN, notFinite + " of " + want.values().length + " are NaN or infinite");
    }
    String text = String.format(Locale.ROOT, "largest error %.3g", largest);
    if (failed > 0) {
      text +=
          String.format(
              Locale.ROOT,
              ", %d of %d beyond %.3g, worst at index %d: got %s, expected %s",
              failed,
              want.values().length,
              tolerance,
              worst,
              value(got, worst),
              want.values()[worst]);
    }
    return new Comparison(failed == 0, largest, text);
  }

  static double value(NdArray array, long index) {
    return switch (array) {
      case Tensor tensor -> tensor.at(index);
      case LongTensor longs -> longs.at(index);
      case BooleanTensor booleans -> booleans.at(index) ? 1 : 0;
    };
  }
}
