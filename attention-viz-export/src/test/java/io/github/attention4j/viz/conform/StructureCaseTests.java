package io.github.attention4j.viz.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.viz.conform.Verdict.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Chains and trees by hand: what has no positions has one structure, the empty one. */
final class StructureCaseTests {
  private static final AttentionProviders PROVIDERS = AttentionProviders.load();

  /** Without potentials, two positions have four labellings and no position has one. */
  @Test
  void aChainWithoutPositions() {
    check(
        "crf_segmentation",
        JsonNodeFactory.instance.objectNode().put("max_abs_logit", 1),
        Map.of(
            "unary", Tensor.allocate(2, 2, 2),
            "transition", Tensor.allocate(2, 2),
            "v", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2, 1),
            "lengths", LongTensor.of(new long[] {0, 2}, 2)),
        Map.of(
            "output", expected(new double[] {0, 3.5}, 2, 1),
            "log_partition", expected(new double[] {0, Math.log(4)}, 2)));
  }

  /** One word hangs on the root symbol with its score. */
  @Test
  void aTreeWithoutWords() {
    for (boolean projective : new boolean[] {false, true}) {
      check(
          projective ? "syntactic_tree_projective" : "syntactic_tree_nonprojective",
          JsonNodeFactory.instance
              .objectNode()
              .put("projective", projective)
              .put("single_root", true),
          Map.of(
              "scores", Tensor.of(new float[] {9, 0, 9, 9, 9, 0.5f, 9, 9}, 2, 2, 2),
              "v", Tensor.of(new float[] {5, 7}, 2, 1, 1),
              "lengths", LongTensor.of(new long[] {0, 1}, 2)),
          Map.of(
              "weights", expected(new double[] {0, 0, 0, 0, 0, 1, 0, 0}, 2, 2, 2),
              "log_partition", expected(new double[] {0, 0.5}, 2)));
    }
  }

  private static Expected expected(double[] values, long... sizes) {
    return new Expected(Shape.of(sizes), values, false);
  }

  private static void check(
      String mechanism,
      JsonNode params,
      Map<String, NdArray> inputs,
      Map<String, Expected> expected) {
    GoldenCase golden =
        new GoldenCase(
            mechanism,
            mechanism,
            params,
            JsonNodeFactory.instance.objectNode(),
            inputs,
            expected,
            1e-6,
            false);
    for (String provider : new String[] {"reference", "cpu", "onnx"}) {
      Verdict verdict = Conformance.judge(golden, PROVIDERS.named(provider));
      assertEquals(Outcome.PASS, verdict.outcome(), () -> Conformance.line(verdict));
      assertTrue(verdict.computed().keySet().containsAll(expected.keySet()), verdict::toString);
    }
  }
}
