package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Which captures a mechanism defines. What is undefined is refused by every execution alike, with
/// the reason.
public final class Captures {
  private Captures() {}

  /// Why captures of this request mean nothing; empty if they all do.
  public static List<String> undefined(Request request) {
    List<String> reasons = new ArrayList<>();
    for (Capture capture : request.captures()) {
      String name = request.mechanism().getClass().getSimpleName();
      switch (capture) {
        case Capture.Weights _ -> {
          if (request.mechanism() instanceof Mechanism.Recurrent) {
            reasons.add("weights: " + name + " defines none, it has a state");
          }
        }
        case Capture.LogSumExp _ -> {
          if (!hasLogSumExp(request.mechanism())) {
            reasons.add("log-sum-exp: " + name + " has no softmax denominator per query");
          }
        }
        case Capture.TopK _ -> {
          if (!hasRows(request.mechanism())) {
            reasons.add("top-k: " + name + " has no weights of queries over keys");
          }
        }
        case Capture.Pooled _ -> {
          if (!hasRows(request.mechanism())) {
            reasons.add("pooled: " + name + " has no weights of queries over keys");
          }
        }
        case Capture.State _ -> {
          if (!hasState(request.mechanism())) {
            reasons.add("state: " + name + " has none");
          }
        }
        case Capture.Stages _ -> {
          if (!hasStages(request.mechanism())) {
            reasons.add("stages: none are named for " + name + describe(request.mechanism()));
          }
        }
      }
    }
    twice(request.captures(), Capture.TopK.class, reasons);
    twice(request.captures(), Capture.Pooled.class, reasons);
    return reasons;
  }

  private static void twice(
      Set<Capture> captures, Class<? extends Capture> kind, List<String> reasons) {
    if (captures.stream().filter(kind::isInstance).count() > 1) {
      reasons.add(
          "captures: expected at most one "
              + kind.getSimpleName()
              + ", which has one name in the result, got "
              + captures);
    }
  }

  private static boolean hasLogSumExp(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise ->
          switch (pairwise.normalizer()) {
            case Normalizer.Softmax _,
                Normalizer.ChainCrf _,
                Normalizer.NonProjectiveTree _,
                Normalizer.ProjectiveTree _ ->
                true;
            case Normalizer.Sparsemax _, Normalizer.Entmax15 _ -> false;
          };
      case Mechanism.LowRank _ -> true;
      case Mechanism.Linearized _,
          Mechanism.Recurrent _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.Memory _ ->
          false;
    };
  }

  private static boolean hasRows(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise _,
          Mechanism.Linearized _,
          Mechanism.LowRank _,
          Mechanism.Landmark _ ->
          true;
      case Mechanism.Recurrent _, Mechanism.LongConvolution _, Mechanism.Memory _ -> false;
    };
  }

  private static boolean hasState(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Linearized _, Mechanism.Recurrent _ -> true;
      case Mechanism.Pairwise _,
          Mechanism.LowRank _,
          Mechanism.Landmark _,
          Mechanism.LongConvolution _,
          Mechanism.Memory _ ->
          false;
    };
  }

  private static boolean hasStages(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise ->
          rotary(pairwise.score()) || pairwise.normalizer() instanceof Normalizer.ChainCrf;
      case Mechanism.Linearized _, Mechanism.LowRank _, Mechanism.Landmark _, Mechanism.Memory _ ->
          true;
      case Mechanism.Recurrent _, Mechanism.LongConvolution _ -> false;
    };
  }

  private static String describe(Mechanism mechanism) {
    return mechanism instanceof Mechanism.Pairwise
        ? " without rotary score or chain normalizer"
        : "";
  }

  private static boolean rotary(Score score) {
    return switch (score) {
      case Score.Rotary _ -> true;
      case Score.Softcap(Score inner, double _) -> rotary(inner);
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
