package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import org.junit.jupiter.api.Test;

final class OnnxProviderTests {
  private static final Tensor ONE_QUERY = Tensor.of(new float[] {1, 0}, 1, 1, 1, 2);
  private static final Tensor TWO_KEYS =
      Tensor.of(new float[] {(float) Math.log(3), 5, 0, 7}, 1, 1, 2, 2);
  private static final Tensor TWO_VALUES = Tensor.of(new float[] {4, 8}, 1, 1, 2, 1);

  /// Scores ln 3 and 0 make weights 3/4 and 1/4.
  @Test
  void attendsAsComputedByHand() {
    Request request =
        Request.of(Mechanism.Pairwise.of(Score.dot()))
            .capture(Capture.WEIGHTS, Capture.LOG_SUM_EXP);
    try (Attention attention = new OnnxProvider().prepare(request)) {
      Result result = attention.run(Inputs.of(ONE_QUERY, TWO_KEYS, TWO_VALUES));
      assertArrayEquals(new float[] {5}, result.output().toArray(), 1e-6f);
      assertArrayEquals(new float[] {0.75f, 0.25f}, result.weights().toArray(), 1e-6f);
      assertEquals(Math.log(4), result.tensor(Result.LOG_SUM_EXP).at(0), 1e-6);
    }
  }

  @Test
  void aQueryWithoutKeysIsZero() {
    Request request =
        Request.of(Mechanism.Pairwise.of(Score.scaledDot()).within(Scope.lengths()))
            .capture(Capture.WEIGHTS, Capture.LOG_SUM_EXP, new Capture.TopK(3));
    try (Attention attention = new OnnxProvider().prepare(request)) {
      Result result =
          attention.run(
              Inputs.of(ONE_QUERY, TWO_KEYS, TWO_VALUES)
                  .with(Inputs.LENGTHS, LongTensor.of(new long[] {0}, 1)));
      assertArrayEquals(new float[] {0}, result.output().toArray());
      assertArrayEquals(new float[] {0, 0}, result.weights().toArray());
      assertEquals(Float.NEGATIVE_INFINITY, result.tensor(Result.LOG_SUM_EXP).at(0));
      assertArrayEquals(
          new long[] {-1, -1}, ((LongTensor) result.get(Result.TOP_K_KEYS)).toArray());
    }
  }

  @Test
  void whatStandsInMaskedKeysNeverShows() {
    Request request =
        Request.of(Mechanism.Pairwise.of(Score.dot()).within(Scope.mask()))
            .capture(Capture.WEIGHTS);
    Tensor keys = Tensor.of(new float[] {1, 2, Float.NaN, Float.POSITIVE_INFINITY}, 1, 1, 2, 2);
    Tensor values = Tensor.of(new float[] {4, Float.NaN}, 1, 1, 2, 1);
    try (Attention attention = new OnnxProvider().prepare(request)) {
      Result result =
          attention.run(
              Inputs.of(ONE_QUERY, keys, values)
                  .with(Inputs.MASK, BooleanTensor.of(new boolean[] {true, false}, 2)));
      assertArrayEquals(new float[] {4}, result.output().toArray());
      assertArrayEquals(new float[] {1, 0}, result.weights().toArray());
      Result open =
          attention.run(
              Inputs.of(ONE_QUERY, keys, values)
                  .with(Inputs.MASK, BooleanTensor.of(new boolean[] {true, true}, 2)));
      assertTrue(Float.isNaN(open.output().at(0)), "an allowed NaN shows");
    }
  }

  @Test
  void nothingToAttendIsLegal() {
    Request request =
        Request.of(Mechanism.Pairwise.of(Score.scaledDot()))
            .capture(Capture.WEIGHTS, Capture.LOG_SUM_EXP);
    try (Attention attention = new OnnxProvider().prepare(request)) {
      Result noKeys =
          attention.run(
              Inputs.of(
                  Tensor.allocate(2, 3, 4, 5),
                  Tensor.allocate(2, 3, 0, 5),
                  Tensor.allocate(2, 3, 0, 6)));
      assertEquals(Tensor.allocate(2, 3, 4, 6), noKeys.output());
      assertEquals(Float.NEGATIVE_INFINITY, noKeys.tensor(Result.LOG_SUM_EXP).at(7));
      Result noQueries =
          attention.run(
              Inputs.of(
                  Tensor.allocate(2, 3, 0, 5),
                  Tensor.allocate(2, 3, 4, 5),
                  Tensor.allocate(2, 3, 4, 6)));
      assertEquals(Tensor.allocate(2, 3, 0, 6), noQueries.output());
    }
  }

  @Test
  void aSecondResultReusesTheFirst() {
    Request request = Request.of(Mechanism.Pairwise.of(Score.dot()));
    try (Attention attention = new OnnxProvider().prepare(request)) {
      Result first = attention.run(Inputs.of(ONE_QUERY, TWO_KEYS, TWO_VALUES));
      Tensor other = Tensor.of(new float[] {0, 0}, 1, 1, 2, 1);
      Result second = attention.run(Inputs.of(ONE_QUERY, TWO_KEYS, other), first);
      assertEquals(first, second);
      assertArrayEquals(new float[] {0}, first.output().toArray());
      assertThrows(
          IllegalArgumentException.class,
          () -> attention.run(Inputs.of(ONE_QUERY, TWO_KEYS, Tensor.allocate(1, 1, 2, 3)), first));
    }
  }

  @Test
  void inputsThatDoNotFitAreNamed() {
    try (Attention attention =
        new OnnxProvider().prepare(Request.of(Mechanism.Pairwise.of(Score.dot())))) {
      assertMessage(
          "expected 'value'",
          () -> attention.run(Inputs.none().with("query", ONE_QUERY).with("key", TWO_KEYS)));
      assertMessage(
          "key_size 2",
          () -> attention.run(Inputs.of(ONE_QUERY, Tensor.allocate(1, 1, 2, 3), TWO_VALUES)));
      assertMessage(
          "divides the 3 of query, got 2",
          () ->
              attention.run(
                  Inputs.of(
                      Tensor.allocate(1, 3, 1, 2),
                      Tensor.allocate(1, 2, 2, 2),
                      Tensor.allocate(1, 2, 2, 1))));
      assertMessage(
          "value: expected",
          () -> attention.run(Inputs.of(ONE_QUERY, TWO_KEYS, Tensor.allocate(2, 1))));
    }
  }

  @Test
  void typesAndLengthsThatDoNotFitAreNamed() {
    Inputs inputs = Inputs.of(ONE_QUERY, TWO_KEYS, TWO_VALUES);
    for (String opset : new String[] {"21", "24"}) {
      try (Attention attention =
          new OnnxProvider()
              .configure(Settings.defaults().option("onnx.opset", opset))
              .prepare(Request.of(Mechanism.Pairwise.of(Score.dot()).within(Scope.lengths())))) {
        assertMessage(
            "lengths: expected 0 to 2 at [0], got 3",
            () -> attention.run(inputs.with(Inputs.LENGTHS, LongTensor.of(new long[] {3}, 1))));
        assertMessage(
            "lengths: expected 0 to 2 at [0], got -1",
            () -> attention.run(inputs.with(Inputs.LENGTHS, LongTensor.of(new long[] {-1}, 1))));
        assertMessage(
            "lengths: expected INT64",
            () -> attention.run(inputs.with(Inputs.LENGTHS, Tensor.of(new float[] {1}, 1))));
        assertMessage(
            "lengths: expected batch 1",
            () -> attention.run(inputs.with(Inputs.LENGTHS, LongTensor.of(new long[] {1, 1}, 2))));
      }
    }
  }

  @Test
  void closingTwiceIsFineAndRunningAfterwardsIsNot() {
    Attention attention =
        new OnnxProvider().prepare(Request.of(Mechanism.Pairwise.of(Score.dot())));
    attention.close();
    attention.close();
    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class,
            () -> attention.run(Inputs.of(ONE_QUERY, TWO_KEYS, TWO_VALUES)));
    assertTrue(String.valueOf(refused.getMessage()).contains("closed"), refused.toString());
  }

  @Test
  void unknownOptionsAreRefusedNamingTheKnown() {
    assertMessage(
        "onnx.dialect",
        () -> AttentionProviders.load(Settings.defaults().option("onnx.dilect", "x")));
    assertMessage(
        "[portable, fused]",
        () -> AttentionProviders.load(Settings.defaults().option("onnx.dialect", "x")));
    assertMessage(
        "17 to 24", () -> AttentionProviders.load(Settings.defaults().option("onnx.opset", "9")));
  }

  @Test
  void theProviderIsFoundAndSaysWhereItRuns() {
    var provider = AttentionProviders.load(Settings.defaults().threads(1)).named("onnx");
    assertTrue(provider.describe().getFirst().contains("1 thread"), provider.describe().toString());
  }

  private static void assertMessage(String part, Runnable action) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.toString());
  }
}
