package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Variant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// Which operator a [Pairwise] becomes. The conditions are facts about the operators and about ONNX
/// Runtime's kernels for them, listed in `docs/onnx.md`; what meets none is spelled out.
enum OperatorForm {
  /// Elementary operators.
  SPELLED_OUT("spelled out"),
  /// `Attention` of the standard, from operator set 23 on.
  ATTENTION("ai.onnx Attention"),
  /// For attention to all keys.
  MULTI_HEAD("com.microsoft MultiHeadAttention"),
  /// For causal attention, in a window or not, of as many queries as keys.
  GROUPED("com.microsoft GroupQueryAttention");

  private static final int FIRST_OPSET = 23;

  private final String operator;

  OperatorForm(String operator) {
    this.operator = operator;
  }

  /// The operator's name.
  String operator() {
    return operator;
  }

  static OperatorForm of(
      Target target, Variant.Sizes sizes, Pairwise mechanism, Set<Capture> captures) {
    // Operators return no rows of weights that obey our rules for NaN; ONNX Runtime has no kernel
    // in bfloat16.
    if (!captures.isEmpty()
        || !(mechanism.normalizer() instanceof Normalizer.Softmax)
        || !isDot(mechanism.score())
        || target.real() == Type.BFLOAT16) {
      return SPELLED_OUT;
    }
    if (target.fused() && target.real() == Type.FLOAT && mechanism.biases().isEmpty()) {
      boolean capped = mechanism.score() instanceof Score.Softcap;
      if (mechanism.scope() instanceof Scope.Full && !capped) {
        return MULTI_HEAD;
      }
      if (window(mechanism.scope()).isPresent()
          && sizes.square()
          && !sizes.single()
          && sizes.eights()
          && sizes.group() > 0
          && startsTogether(mechanism.placement())) {
        return GROUPED;
      }
    }
    return target.opset() >= FIRST_OPSET ? ATTENTION : SPELLED_OUT;
  }

  /// Whether the form depends on what is known of sizes.
  static boolean asksForSizes(Target target, Pairwise mechanism, Set<Capture> captures) {
    OperatorForm form = of(target, new Variant.Sizes(1, false, true, true), mechanism, captures);
    return form == MULTI_HEAD || form == GROUPED;
  }

  /// Whether the score is a dot product of what can be computed of queries and keys alone.
  private static boolean isDot(Score score) {
    return switch (ScoreGraph.core(score)) {
      case Score.Dot _, Score.ScaledDot _, Score.Bilinear _, Score.Cosine _ -> true;
      case Score.Additive _, Score.Given _, Score.Softcap _, Score.Rotary _ -> false;
    };
  }

  /// Whether query 0 stands at key 0 when there are as many queries as keys.
  private static boolean startsTogether(Placement placement) {
    return switch (placement) {
      case Placement.Start(var offset) -> offset == 0;
      case Placement.End _ -> true;
      case Placement.EndOfLength _ -> false;
    };
  }

  /// How many keys up to the query's own a causal scope allows, −1 for all; empty for other scopes.
  static OptionalLong window(Scope scope) {
    return switch (scope) {
      case Scope.Causal _ -> OptionalLong.of(-1);
      case Scope.Window(var back, var ahead, var dilation)
          when ahead == 0 && dilation == 1 && back < Integer.MAX_VALUE ->
          OptionalLong.of(back == Scope.UNBOUNDED ? -1 : back + 1);
      case Scope.And(var scopes) when scopes.size() == 2 -> {
        List<Scope> others =
            scopes.stream().filter(each -> !(each instanceof Scope.Causal)).toList();
        yield others.size() == 1
                && others.getFirst() instanceof Scope.Window(var back, var ahead, var dilation)
                && (ahead >= 0 || ahead == Scope.UNBOUNDED)
            ? window(new Scope.Window(back, 0, dilation))
            : OptionalLong.empty();
      }
      default -> OptionalLong.empty();
    };
  }
}
