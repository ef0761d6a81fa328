package io.github.attention4j.viz.conform;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Attention that is linear in the length: Linformer, Performer, Linear Transformer, Nyströmformer.
 */
final class LinearCases {
  private LinearCases() {}

  static Map<String, NdArray> linearTransformer(CaseInputs golden, Execution on) {
    if (!golden.text("scale", "none").equals("none")) {
      throw new NotUnderstoodException("parameter scale: expected none");
    }
    return linearized(golden, on, new FeatureMap.EluPlusOne());
  }

  static Map<String, NdArray> performer(CaseInputs golden, Execution on) {
    String kind = golden.text("kind", "positive");
    if (!List.of("positive", "hyperbolic").contains(kind)) {
      throw new NotUnderstoodException(
          "parameter kind: expected positive or hyperbolic, got " + kind);
    }
    return linearized(
        golden, on, new FeatureMap.FavorPlus(golden.tensor("omega"), kind.equals("hyperbolic")));
  }

  private static Map<String, NdArray> linearized(
      CaseInputs golden, Execution on, FeatureMap features) {
    golden.requireZero("epsilon");
    Inputs inputs = PairwiseTerms.queryKeyValue(golden);
    List<Scope> scopes = new ArrayList<>();
    switch (PairwiseTerms.causality(golden)) {
      case NONE -> {}
      case TOP_LEFT -> scopes.add(Scope.causal());
      case BOTTOM_RIGHT, BOTTOM_RIGHT_OF_LENGTH ->
          throw new NotUnderstoodException("parameter causal: expected top left alignment");
    }
    if (golden.has(Inputs.LENGTHS)) {
      scopes.add(Scope.lengths());
      inputs = inputs.with(Inputs.LENGTHS, golden.longs(Inputs.LENGTHS));
    }
    Mechanism mechanism = new Mechanism.Linearized(features, PairwiseTerms.all(scopes));
    List<Capture> captures = new ArrayList<>(List.of(Capture.WEIGHTS));
    if (golden.expects("state_s") || golden.expects("state_z")) {
      captures.add(Capture.STATE);
    }
    return on.run(mechanism, inputs, captures.toArray(Capture[]::new)).arrays();
  }

  /** Sharing "key_value" has one matrix for both sides. */
  static Map<String, NdArray> linformer(CaseInputs golden, Execution on) {
    Inputs inputs = PairwiseTerms.queryKeyValue(golden);
    Tensor keys = golden.tensor("E");
    Tensor values = golden.optionalTensor("F").orElse(keys);
    Scope scope = Scope.full();
    if (golden.has(Inputs.LENGTHS)) {
      scope = Scope.lengths();
      inputs = inputs.with(Inputs.LENGTHS, golden.longs(Inputs.LENGTHS));
    }
    Mechanism mechanism = new Mechanism.LowRank(keys, values, scale(golden), scope);
    return on.run(mechanism, inputs, Capture.WEIGHTS).arrays();
  }

  static Map<String, NdArray> nystromformer(CaseInputs golden, Execution on) {
    JsonNode skip = golden.param("skip_convolution");
    if (skip != null && !skip.asText().equals("none")) {
      throw new NotUnderstoodException("parameter skip_convolution: expected none, got " + skip);
    }
    Mechanism mechanism =
        new Mechanism.Landmark(
            golden.integer("landmarks"), golden.integer("iterations", 0), scale(golden));
    return on.run(mechanism, PairwiseTerms.queryKeyValue(golden), Capture.WEIGHTS).arrays();
  }

  /**
   * The factor before the softmax, of mechanisms that know no other score; empty for the default.
   */
  static OptionalDouble scale(CaseInputs golden) {
    return switch (PairwiseTerms.scaledDot(golden)) {
      case Score.ScaledDot(OptionalDouble scale) -> scale;
      case Score.Dot() -> OptionalDouble.of(1);
      case Score other -> throw new IllegalStateException("no scale in " + other);
    };
  }
}
