package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.Captures;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// What can be settled about a [Pairwise] before its inputs are known.
final class PairwisePlan {
  /// How scores come about.
  enum Kind {
    /// A product of packed vectors.
    DOT,
    /// [Score.Additive].
    ADDITIVE,
    /// [Score.Given].
    GIVEN
  }

  final Pairwise mechanism;
  final Kind kind;
  final VectorStage queryStage;
  final VectorStage keyStage;
  final @Nullable Rotation rotation;
  final Score.@Nullable Rotary rotary;
  final float cap;
  final float[] direction;
  final boolean directionPerHead;

  /// The factor of the queries; NaN stands for $1/\sqrt{\text{keySize}}$.
  final double scale;

  /// What a [Normalizer.ChainCrf] works with.
  final @Nullable ChainStage chain;

  final boolean weights;
  final boolean logSumExp;
  final int topK;
  final Capture.@Nullable Pooled pooled;

  PairwisePlan(Request request) {
    mechanism = (Pairwise) request.mechanism();
    Score score = mechanism.score();
    if (score instanceof Score.Softcap(Score inner, double limit)) {
      cap = (float) limit;
      score = inner;
    } else {
      cap = 0;
    }
    if (score instanceof Score.Rotary turned) {
      rotary = turned;
      rotation = new Rotation(turned);
      score = turned.score();
    } else {
      rotary = null;
      rotation = null;
    }
    VectorStage rotate = VectorStage.rotated(rotation);
    float[] sum = new float[0];
    boolean sumPerHead = false;
    switch (score) {
      case Score.Dot() -> {
        kind = Kind.DOT;
        queryStage = rotate;
        keyStage = rotate;
        scale = 1;
      }
      case Score.ScaledDot(OptionalDouble given) -> {
        kind = Kind.DOT;
        queryStage = rotate;
        keyStage = rotate;
        scale = given.orElse(Double.NaN);
      }
      case Score.Bilinear(Tensor weight) -> {
        kind = Kind.DOT;
        queryStage = VectorStage.matrix(rotation, weight, false);
        keyStage = rotate;
        scale = 1;
      }
      case Score.Cosine(double beta) -> {
        kind = Kind.DOT;
        queryStage = VectorStage.unit(rotation);
        keyStage = queryStage;
        scale = beta;
      }
      case Score.Additive(Tensor query, Tensor key, Tensor v) -> {
        kind = Kind.ADDITIVE;
        queryStage = VectorStage.matrix(rotation, query, true);
        keyStage = VectorStage.matrix(rotation, key, true);
        scale = 1;
        sum = v.toArray();
        sumPerHead = v.shape().rank() == 2;
      }
      case Score.Given _ -> {
        kind = Kind.GIVEN;
        queryStage = VectorStage.NONE;
        keyStage = VectorStage.NONE;
        scale = 1;
      }
      case Score.Softcap _, Score.Rotary _ ->
          throw new IllegalArgumentException("score: expected softcap, rotary, then a score");
    }
    chain = mechanism.normalizer() instanceof Normalizer.ChainCrf crf ? new ChainStage(crf) : null;
    direction = sum;
    directionPerHead = sumPerHead;
    boolean all = false;
    boolean lse = false;
    int best = 0;
    Capture.Pooled grid = null;
    for (Capture capture : request.captures()) {
      switch (capture) {
        case Capture.Weights() -> all = true;
        case Capture.LogSumExp() -> lse = true;
        case Capture.TopK(int k) -> best = k;
        case Capture.Pooled cells -> grid = cells;
        case Capture.State _, Capture.Stages _ ->
            throw new IllegalArgumentException("captures: " + capture + " is not of a pairwise");
      }
    }
    weights = all;
    logSumExp = lse;
    topK = best;
    pooled = grid;
  }

  /// The factor of the queries of one run.
  float factor(PairwiseInputs in) {
    return (float) (Double.isNaN(scale) ? 1 / Math.sqrt(in.keySize()) : scale);
  }

  /// Whether the description reads numbers from its inputs that a run settles beforehand: lengths.
  boolean readsLengths() {
    return mechanism.placement() instanceof Placement.EndOfLength || reads(mechanism.scope());
  }

  private static boolean reads(Scope scope) {
    return switch (scope) {
      case Scope.Lengths _, Scope.Packed _ -> true;
      case Scope.Not(Scope inner) -> reads(inner);
      case Scope.And(List<Scope> scopes) -> scopes.stream().anyMatch(PairwisePlan::reads);
      case Scope.Or(List<Scope> scopes) -> scopes.stream().anyMatch(PairwisePlan::reads);
      case Scope.PerHead(List<Scope> scopes) -> scopes.stream().anyMatch(PairwisePlan::reads);
      case Scope.Full _,
          Scope.Causal _,
          Scope.Window _,
          Scope.GlobalKeys _,
          Scope.GlobalQueries _,
          Scope.Strided _,
          Scope.Summaries _,
          Scope.BlockWindow _,
          Scope.GlobalBlocks _,
          Scope.KeyBlocks _,
          Scope.Mask _ ->
          false;
    };
  }

  /// Whether keys are packed differently for every query head.
  boolean keysPerQueryHead() {
    return keyStage.perHead() || directionPerHead;
  }

  /// Why the driver cannot run a request with this mechanism; empty if it can.
  static List<String> unsupported(Request request) {
    List<String> reasons = new ArrayList<>(Captures.undefined(request));
    if (request.captures().contains(Capture.STAGES)) {
      reasons.add(
          "stages: tiles of a pairwise attention are never whole, provider reference has them");
    }
    return reasons;
  }
}
