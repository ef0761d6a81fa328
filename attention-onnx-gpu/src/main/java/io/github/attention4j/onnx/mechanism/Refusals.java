package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.onnx.graph.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Why a request has no graph.
public final class Refusals {
  private Refusals() {}

  /// The reasons; empty if there is a graph.
  public static List<String> of(Request request) {
    return of(request.mechanism(), request.captures());
  }

  /// The reasons; empty if there is a graph.
  public static List<String> of(Mechanism mechanism, Set<Capture> captures) {
    List<String> reasons = new ArrayList<>();
    for (Capture capture : captures) {
      if (!captures(mechanism, capture)) {
        reasons.add(
            "capture "
                + capture.getClass().getSimpleName()
                + ": "
                + mechanism.getClass().getSimpleName()
                + " has none");
      }
    }
    switch (mechanism) {
      case Mechanism.Pairwise pairwise -> {
        switch (pairwise.normalizer()) {
          case Normalizer.Softmax _ -> {}
          case Normalizer.Sparsemax _, Normalizer.Entmax15 _ -> {
            if (captures.contains(Capture.LOG_SUM_EXP)) {
              reasons.add(
                  "capture LogSumExp: "
                      + pairwise.normalizer().getClass().getSimpleName()
                      + " has no denominator");
            }
          }
          case Normalizer.ChainCrf _, Normalizer.NonProjectiveTree _, Normalizer.ProjectiveTree _ ->
              reasons.add(
                  "normalizer: no graph builder for "
                      + pairwise.normalizer().getClass().getSimpleName()
                      + " so far");
        }
      }
      case Mechanism.Linearized _,
          Mechanism.Recurrent _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.NtmAddressing _,
          Mechanism.NearestKeys _,
          Mechanism.MultiHop _,
          Mechanism.WordMemory _,
          Mechanism.ProductKeys _ ->
          reasons.add(
              "mechanism: no graph builder for "
                  + mechanism.getClass().getSimpleName()
                  + " so far");
    }
    return reasons;
  }

  /// The reasons against a mechanism for this target in particular.
  public static List<String> of(Mechanism mechanism, Target target) {
    return List.of();
  }

  /// The reasons against an attention layer of a network; empty if there is a graph.
  public static List<String> ofLayer(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise _,
          Mechanism.Linearized _,
          Mechanism.Recurrent _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.NearestKeys _ ->
          of(mechanism, Set.of());
      case Mechanism.LongConvolution _,
          Mechanism.NtmAddressing _,
          Mechanism.MultiHop _,
          Mechanism.WordMemory _,
          Mechanism.ProductKeys _ ->
          List.of(
              mechanism.getClass().getSimpleName()
                  + " does not attend from queries to keys and values");
    };
  }

  private static boolean captures(Mechanism mechanism, Capture capture) {
    return switch (capture) {
      case Capture.Weights _ -> true;
      case Capture.LogSumExp _, Capture.TopK _, Capture.Pooled _ ->
          mechanism instanceof Mechanism.Pairwise;
      case Capture.State _ -> false;
      case Capture.Stages _ -> false;
    };
  }
}
