package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.UnsupportedRequestException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Arithmetic in float16, against the double reference; bfloat16 has no kernels on the CPU.
final class NarrowTypeTests {
  private static final int SIZE = 16;
  private static final int KEYS = 40;
  private static final Inputs INPUTS =
      Inputs.of(
          Numbers.normal(1, 2, 4, 40, SIZE),
          Numbers.normal(2, 2, 2, KEYS, SIZE),
          Numbers.normal(3, 2, 2, KEYS, SIZE));
  private static final List<Pairwise> MECHANISMS =
      List.of(
          Pairwise.of(Score.scaledDot()),
          Pairwise.of(Score.scaledDot()).within(Scope.causal()),
          Pairwise.of(Score.scaledDot().softcap(5)).within(Scope.window(4, 2)));

  /// Of rounding to 11 bits.
  private static final double UNIT = 0x1p-11;

  /// A score is a sum of `SIZE` products of rounded factors, each rounded, then scaled and capped:
  /// at most SIZE + 4 roundings, relative to the sum of the products' magnitudes, which is at most
  /// the product of the vectors' lengths. Weights change by at most the exponential of twice the
  /// largest error of a score; the sum over values adds one rounding a key and four for values,
  /// weights and output.
  private static double tolerance() {
    double score =
        (SIZE + 4)
            * UNIT
            * longest(INPUTS.tensor(Inputs.QUERY))
            * longest(INPUTS.tensor(Inputs.KEY))
            / Math.sqrt(SIZE);
    double largest = 0;
    for (float each : INPUTS.tensor(Inputs.VALUE).toArray()) {
      largest = Math.max(largest, Math.abs(each));
    }
    return (Math.expm1(2 * score) + (KEYS + 4) * UNIT) * largest;
  }

  private static double longest(Tensor vectors) {
    double longest = 0;
    for (long i = 0; i < vectors.shape().elements(); i += SIZE) {
      double sum = 0;
      for (int e = 0; e < SIZE; e++) {
        sum += (double) vectors.at(i + e) * vectors.at(i + e);
      }
      longest = Math.max(longest, Math.sqrt(sum));
    }
    return longest;
  }

  @ParameterizedTest
  @ValueSource(strings = {"17", "21", "23", "24"})
  void float16StaysWithinItsRounding(String opset) {
    double tolerance = tolerance();
    assertTrue(tolerance < 1, "a tolerance that says something, got " + tolerance);
    for (Pairwise mechanism : MECHANISMS) {
      Request request = Request.of(mechanism);
      for (String dialect : List.of("portable", "fused")) {
        try (Attention half =
                new OnnxProvider()
                    .configure(
                        Settings.defaults()
                            .option("onnx.dtype", "float16")
                            .option("onnx.dialect", dialect)
                            .option("onnx.opset", opset))
                    .prepare(request);
            Attention reference = AttentionProviders.load().named("reference").prepare(request)) {
          Tensor expected = reference.run(INPUTS).output();
          Tensor actual = half.run(INPUTS).output();
          double worst = 0;
          for (long i = 0; i < expected.shape().elements(); i++) {
            worst = Math.max(worst, Math.abs(expected.at(i) - actual.at(i)));
          }
          assertTrue(worst <= tolerance, mechanism + ": off by " + worst + " of " + tolerance);
          assertTrue(worst > 0x1p-20, mechanism + ": float32 ran, not float16");
        }
      }
    }
  }

  @Test
  void bfloat16IsRefusedNamingTheOperatorWithoutKernel() {
    UnsupportedRequestException refused =
        assertThrows(
            UnsupportedRequestException.class,
            () ->
                new OnnxProvider()
                    .configure(Settings.defaults().device("cpu").option("onnx.dtype", "bfloat16"))
                    .prepare(Request.of(MECHANISMS.getFirst())));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("no kernel on cpu"), message);
    assertTrue(message.matches("(?s).*implementation for [A-Z][A-Za-z]+\\(\\d+\\).*"), message);
  }
}
