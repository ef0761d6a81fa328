package io.github.attention4j.cpu.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Bias;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.UnsupportedRequestException;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/// Cases small enough to compute by hand, the edges of the semantics, and what is refused.
final class ReferenceAttentionTests {
  private static final double NONE = Double.NEGATIVE_INFINITY;

  private static Result run(Request request, Inputs inputs) {
    try (Attention attention = new ReferenceProvider().prepare(request)) {
      return attention.run(inputs);
    }
  }

  /// One batch entry and head, keys of one element: score = query * key.
  private static Inputs line(float[] query, float[] key, float[] value) {
    return Inputs.of(
        Tensor.of(query, 1, 1, query.length, 1),
        Tensor.of(key, 1, 1, key.length, 1),
        Tensor.of(value, 1, 1, value.length, 1));
  }

  private static final Request DOT = Request.of(Pairwise.of(Score.dot())).capture(Capture.WEIGHTS);

  @Test
  void softmaxOfTwoKeys() {
    Result result =
        run(
            DOT.capture(Capture.LOG_SUM_EXP),
            line(new float[] {1}, new float[] {(float) Math.log(3), 0}, new float[] {4, 8}));
    assertArrayEquals(new float[] {0.75f, 0.25f}, result.weights().toArray(), 1e-7f);
    assertEquals(5f, result.output().at(0), 1e-6f);
    assertEquals(Math.log(4), result.tensor(Result.LOG_SUM_EXP).at(0), 1e-6);
  }

  @Test
  void softcapThenBiasThenScope() {
    Pairwise mechanism =
        Pairwise.of(Score.dot().softcap(2)).plus(new Bias.Dense("bias")).within(Scope.mask());
    Result result =
        run(
            Request.of(mechanism).capture(Capture.WEIGHTS),
            line(new float[] {1}, new float[] {1000, 0, Float.NaN}, new float[] {1, 0, Float.NaN})
                .with("bias", Tensor.of(new float[] {-2, 0, 5}, 3))
                .with("mask", BooleanTensor.of(new boolean[] {true, true, false}, 3)));
    // 2 tanh(500) - 2 = 0: both keys weigh the same.
    assertArrayEquals(new float[] {0.5f, 0.5f, 0}, result.weights().toArray(), 1e-7f);
    assertEquals(0.5f, result.output().at(0), 1e-7f);
  }

  @Test
  void aQueryWithoutKeysIsZero() {
    for (Normalizer normalizer :
        new Normalizer[] {
          new Normalizer.Softmax(), new Normalizer.Sparsemax(), new Normalizer.Entmax15()
        }) {
      Pairwise mechanism =
          Pairwise.of(Score.dot())
              .within(Scope.causal())
              .placed(Placement.end())
              .normalizedBy(normalizer);
      // Two queries, one key: query 0 stands at position -1.
      Result result =
          run(
              Request.of(mechanism).capture(Capture.WEIGHTS),
              line(new float[] {1, 1}, new float[] {1}, new float[] {7}));
      assertArrayEquals(new float[] {0, 1}, result.weights().toArray());
      assertArrayEquals(new float[] {0, 7}, result.output().toArray());
    }
    Result result =
        run(
            Request.of(Pairwise.of(Score.dot()).within(Scope.lengths()))
                .capture(Capture.LOG_SUM_EXP, new Capture.TopK(2)),
            line(new float[] {1}, new float[] {1, 2, 3}, new float[] {Float.NaN, 2, 3})
                .with("lengths", LongTensor.of(new long[] {0}, 1)));
    assertEquals(NONE, result.tensor(Result.LOG_SUM_EXP).at(0));
    assertEquals(0f, result.output().at(0));
    assertArrayEquals(new long[] {-1, -1}, ((LongTensor) result.get(Result.TOP_K_KEYS)).toArray());
  }

  @Test
  void topKAndPooledAgreeWithTheWeights() {
    Result result =
        run(
            DOT.capture(new Capture.TopK(2), new Capture.Pooled(1, 2)),
            line(new float[] {1, 0}, new float[] {0, 1, 1}, new float[] {1, 2, 3}));
    float e = (float) (Math.E / (1 + 2 * Math.E));
    assertArrayEquals(
        new float[] {e, e, 1 / 3f, 1 / 3f}, result.tensor(Result.TOP_K_WEIGHTS).toArray(), 1e-7f);
    assertArrayEquals(
        new long[] {1, 2, 0, 1}, ((LongTensor) result.get(Result.TOP_K_KEYS)).toArray());
    float first = (1 - 2 * e + 1 / 3f) / 2;
    assertArrayEquals(
        new float[] {first, 1 - first}, result.tensor(Result.POOLED).toArray(), 1e-6f);
  }

  @Test
  void linearTransformerByHand() {
    // phi(0) = 1 and phi(1) = 2: weights 1/3 and 2/3 for every query.
    Result result =
        run(
            Request.of(new Mechanism.Linearized(new FeatureMap.EluPlusOne(), Scope.full()))
                .capture(Capture.STATE),
            line(new float[] {5}, new float[] {0, 1}, new float[] {3, 6}));
    assertEquals(5f, result.output().at(0), 1e-6f);
    assertEquals(15f, result.tensor("state_s").at(0), 1e-6f);
    assertEquals(3f, result.tensor("state_z").at(0), 1e-6f);
  }

  @Test
  void deltaRuleOverwrites() {
    // With unit keys and beta 1 the second value replaces the first.
    Result result =
        run(
            Request.of(new Mechanism.Recurrent(false, true, OptionalDouble.of(1))),
            line(new float[] {1, 1}, new float[] {1, 1}, new float[] {3, 8})
                .with("beta", Tensor.of(new float[] {1, 1}, 1, 1, 2)));
    assertArrayEquals(new float[] {3, 8}, result.output().toArray(), 1e-6f);
  }

  @Test
  void asManyLandmarksAsPositionsIsExactAttention() {
    Inputs inputs =
        line(new float[] {1, -2, 0.5f}, new float[] {0.3f, 1, -1}, new float[] {1, 2, 5});
    Result exact = run(Request.of(Pairwise.of(Score.scaledDot())), inputs);
    Result landmark = run(Request.of(new Mechanism.Landmark(3, 0, OptionalDouble.empty())), inputs);
    assertArrayEquals(exact.output().toArray(), landmark.output().toArray(), 1e-5f);
  }

  @Test
  void identityProjectionIsExactAttention() {
    Tensor identity = Tensor.of(new float[] {1, 0, 0, 1}, 2, 2);
    Inputs inputs = line(new float[] {1, -2}, new float[] {0.3f, 1}, new float[] {1, 2});
    Result exact = run(Request.of(Pairwise.of(Score.scaledDot())), inputs);
    Result projected =
        run(
            Request.of(
                new Mechanism.LowRank(identity, identity, OptionalDouble.empty(), Scope.full())),
            inputs);
    assertArrayEquals(exact.output().toArray(), projected.output().toArray(), 1e-7f);
  }

  @Test
  void convolutionByHand() {
    Result result =
        run(
            Request.of(new Mechanism.LongConvolution(Tensor.of(new float[] {1, 10, 100}, 1, 1, 3)))
                .capture(Capture.WEIGHTS),
            Inputs.none()
                .with("gates", Tensor.of(new float[] {1, 2}, 1, 1, 2, 1))
                .with("value", Tensor.of(new float[] {3, 4}, 1, 2, 1)));
    assertArrayEquals(new float[] {3, 68}, result.output().toArray());
    assertArrayEquals(new float[] {1, 0, 20, 2}, result.weights().toArray());
  }

  @Test
  void rotationsLeaveRelativePositions() {
    Tensor vector = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 1, 4);
    Tensor value = Tensor.of(new float[] {1}, 1, 1, 1, 1);
    for (boolean interleaved : new boolean[] {false, true}) {
      Score score = Score.dot().rotary(10000, 4, interleaved);
      Request request = Request.of(Pairwise.of(score)).capture(Capture.LOG_SUM_EXP, Capture.STAGES);
      Result result = run(request, Inputs.of(vector, vector, value));
      // Same position: the score is the squared length.
      assertEquals(30f, result.tensor(Result.LOG_SUM_EXP).at(0), 1e-5f);
      assertEquals(vector, result.get("q_rot"));
    }
  }

  @Test
  void resultsAreFilledAgain() {
    Inputs inputs = line(new float[] {1}, new float[] {1, 2}, new float[] {4, 8});
    try (Attention attention = new ReferenceProvider().prepare(DOT)) {
      Result first = attention.run(inputs);
      Result second = attention.run(inputs, first);
      assertEquals(first.output(), second.output());
      Inputs longer = line(new float[] {1}, new float[] {1, 2, 3}, new float[] {4, 8, 2});
      IllegalArgumentException wrong =
          assertThrows(IllegalArgumentException.class, () -> attention.run(longer, first));
      assertTrue(wrong.toString().contains("weights"), wrong.toString());
    }
  }

  @Test
  void badInputsAreNamed() {
    Inputs inputs = line(new float[] {1}, new float[] {1, 2}, new float[] {4, 8});
    refused(DOT, Inputs.none(), "value");
    refused(DOT, inputs.with("key", Tensor.allocate(1, 1, 3, 1)), "key: expected");
    refused(DOT, inputs.with("query", Tensor.allocate(1, 1, 1, 2)), "query: expected keySize");
    refused(DOT, inputs.with("query", LongTensor.allocate(1, 1, 1, 1)), "query: expected FLOAT32");
    Request limited = Request.of(Pairwise.of(Score.dot()).within(Scope.lengths()));
    refused(
        limited,
        inputs.with("lengths", LongTensor.of(new long[] {3}, 1)),
        "lengths: expected 0 to 2 at [0], got 3");
    refused(
        Request.of(Pairwise.of(Score.dot()).within(Scope.mask())),
        inputs.with("mask", BooleanTensor.allocate(3)),
        "mask: expected");
    refused(
        Request.of(Pairwise.of(Score.dot()).plus(Bias.Alibi.forHeads(2))),
        inputs,
        "slopes: expected 1 heads");
    refused(
        Request.of(new Mechanism.Landmark(3, 0, OptionalDouble.empty())),
        line(new float[] {1, 1}, new float[] {1, 2}, new float[] {4, 8}),
        "landmarks");
  }

  private static void refused(Request request, Inputs inputs, String message) {
    IllegalArgumentException wrong =
        assertThrows(IllegalArgumentException.class, () -> run(request, inputs));
    assertTrue(wrong.toString().contains(message), wrong.toString());
  }

  @Test
  void undefinedCapturesAreRefused() {
    ReferenceProvider provider = new ReferenceProvider();
    Request sparse =
        Request.of(Pairwise.of(Score.dot()).normalizedBy(new Normalizer.Sparsemax()))
            .capture(Capture.LOG_SUM_EXP);
    assertEquals(1, provider.unsupported(sparse).size());
    assertThrows(UnsupportedRequestException.class, () -> provider.prepare(sparse));
    assertEquals(
        1, provider.unsupported(DOT.capture(new Capture.TopK(1), new Capture.TopK(2))).size());
    assertEquals(1, provider.unsupported(DOT.capture(Capture.STATE)).size());
    assertEquals(1, provider.unsupported(DOT.capture(Capture.STAGES)).size());
  }

  @Test
  void closedMeansClosed() {
    Attention attention = new ReferenceProvider().prepare(DOT);
    attention.close();
    attention.close();
    assertThrows(IllegalStateException.class, () -> attention.run(Inputs.none()));
  }

  @Test
  void settingsItCannotHonourAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new ReferenceProvider().configure(Settings.defaults().device("cuda")));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new ReferenceProvider().configure(Settings.defaults().option("reference.fast", "yes")));
  }
}
