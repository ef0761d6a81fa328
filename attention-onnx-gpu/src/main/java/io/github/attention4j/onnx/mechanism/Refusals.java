package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Why a request has no graph: captures its mechanism does not define, and types ONNX does not have
/// an operator for.
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
      if (!defines(mechanism, capture)) {
        reasons.add(
            "capture "
                + capture.getClass().getSimpleName()
                + ": "
                + mechanism.getClass().getSimpleName()
                + " defines none");
      }
    }
    for (Class<?> once : List.of(Capture.TopK.class, Capture.Pooled.class)) {
      if (captures.stream().filter(once::isInstance).count() > 1) {
        reasons.add(
            "captures: expected at most one "
                + once.getSimpleName()
                + ", which has one name in the result, got "
                + captures);
      }
    }
    return reasons;
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

  private static boolean defines(Mechanism mechanism, Capture capture) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise -> {
        boolean sparse =
            pairwise.normalizer() instanceof Normalizer.Sparsemax
                || pairwise.normalizer() instanceof Normalizer.Entmax15;
        yield switch (capture) {
          case Capture.Weights _, Capture.TopK _, Capture.Pooled _ -> true;
          case Capture.LogSumExp _ -> !sparse;
          case Capture.State _ -> false;
          case Capture.Stages _ ->
              isRotary(pairwise.score()) || pairwise.normalizer() instanceof Normalizer.ChainCrf;
        };
      }
      case Mechanism.Linearized _ -> !(capture instanceof Capture.LogSumExp);
      case Mechanism.Recurrent _ -> capture instanceof Capture.State;
      case Mechanism.LowRank _ -> !(capture instanceof Capture.State);
      case Mechanism.Landmark _ ->
          !(capture instanceof Capture.State) && !(capture instanceof Capture.LogSumExp);
      case Mechanism.LongConvolution _ -> capture instanceof Capture.Weights;
      case Mechanism.Memory _ ->
          capture instanceof Capture.Weights || capture instanceof Capture.Stages;
    };
  }

  private static boolean isRotary(Score score) {
    return switch (score) {
      case Score.Rotary _ -> true;
      case Score.Softcap(var inner, _) -> isRotary(inner);
      case Score.Dot _,
          Score.ScaledDot _,
          Score.Additive _,
          Score.Bilinear _,
          Score.Cosine _,
          Score.Given _ ->
          false;
    };
  }
}
