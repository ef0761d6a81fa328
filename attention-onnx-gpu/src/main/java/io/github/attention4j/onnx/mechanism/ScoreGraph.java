package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The stage `score`: `[batch, queryHeads, queries, keys]`; formulas stand at [Score].
final class ScoreGraph {
  private final Graph graph;
  private final Sources sources;
  private final Positions positions;
  private final Grouping grouping;

  private final @Nullable Outputs stages;

  /// @param stages takes rotated queries and keys as `q_rot` and `k_rot`, or null
  ScoreGraph(
      Graph graph,
      Sources sources,
      Positions positions,
      Grouping grouping,
      @Nullable Outputs stages) {
    this.stages = stages;
    this.graph = graph;
    this.sources = sources;
    this.positions = positions;
    this.grouping = grouping;
  }

  /// The score without softcap and rotation.
  static Score core(Score score) {
    return switch (score) {
      case Score.Softcap(var inner, _) -> core(inner);
      case Score.Rotary rotary -> core(rotary.score());
      case Score.Dot _,
          Score.ScaledDot _,
          Score.Additive _,
          Score.Bilinear _,
          Score.Cosine _,
          Score.Given _ ->
          score;
    };
  }

  /// Declares the queries; sizes the parameters fix are part of it.
  static Value query(Sources sources, Score score) {
    return switch (core(score)) {
      case Score.Additive additive -> {
        sources.fix("query_key_size", additive.query().shape().size(-1), "query");
        perHead(sources, additive.query(), 3);
        yield sources.real(Inputs.QUERY, "batch", "query_heads", "queries", "query_key_size");
      }
      case Score.Bilinear(var weight) -> {
        sources.fix("query_key_size", weight.shape().size(-2), "weight");
        perHead(sources, weight, 3);
        yield sources.real(Inputs.QUERY, "batch", "query_heads", "queries", "query_key_size");
      }
      case Score.Dot _,
          Score.ScaledDot _,
          Score.Cosine _,
          Score.Given _,
          Score.Softcap _,
          Score.Rotary _ ->
          sources.real(Inputs.QUERY, "batch", "query_heads", "queries", "key_size");
    };
  }

  /// Declares the keys.
  static Value key(Sources sources, Score score) {
    switch (core(score)) {
      case Score.Additive additive ->
          sources.fix("key_size", additive.key().shape().size(-1), "key");
      case Score.Bilinear(var weight) -> sources.fix("key_size", weight.shape().size(-1), "weight");
      case Score.Dot _,
          Score.ScaledDot _,
          Score.Cosine _,
          Score.Given _,
          Score.Softcap _,
          Score.Rotary _ -> {}
    }
    return sources.real(Inputs.KEY, "batch", "key_heads", "keys", "key_size");
  }

  private static void perHead(Sources sources, Tensor parameter, int rank) {
    if (parameter.shape().rank() == rank) {
      sources.fix("query_heads", parameter.shape().size(0), "heads of the score's parameters");
    }
  }

  Value write(Score score, Value query, Value key) {
    return switch (score) {
      case Score.Dot _ ->
          stage(
              "q . k; Luong, Pham, Manning 2015 (arXiv:1508.04025), eq. 8", () -> dot(query, key));
      case Score.ScaledDot(var scale) ->
          stage(
              "c q . k; Vaswani et al. 2017 (arXiv:1706.03762), eq. 1",
              () -> dot(scaled(query, scale), key));
      case Score.Additive additive ->
          stage(
              "v . tanh(W q + U k); Bahdanau, Cho, Bengio 2015 (arXiv:1409.0473), A.1.2",
              () -> additive(additive, query, key));
      case Score.Bilinear(var weight) ->
          stage(
              "q W k; Luong, Pham, Manning 2015 (arXiv:1508.04025), eq. 8",
              () -> dot(query.matmul(graph.parameter("score.weight", weight)), key));
      case Score.Cosine(var beta) ->
          stage(
              "beta cos(q, k); Graves, Wayne, Danihelka 2014 (arXiv:1410.5401), eq. 5-6",
              () -> dot(unit(query).times(beta), unit(key)));
      case Score.Given(var input) -> sources.real(input, "batch", "query_heads", "queries", "keys");
      case Score.Softcap(var inner, var cap) -> {
        Value plain = write(inner, query, key);
        yield graph.stage(
            "score/softcap",
            "c tanh(s / c); Gemma Team 2024 (arXiv:2408.00118), section 2",
            () -> plain.over(cap).tanh().times(cap));
      }
      case Score.Rotary rotary -> {
        RotaryGraph rotation = RotaryGraph.of(graph, sources, rotary, positions);
        Value rotatedQuery = rotation.query(query);
        Value rotatedKey = rotation.key(key);
        if (stages != null) {
          String last = core(score) instanceof Score.Bilinear ? "query_key_size" : "key_size";
          stages.add("q_rot", rotatedQuery, "batch", "query_heads", "queries", last);
          stages.add("k_rot", rotatedKey, "batch", "key_heads", "keys", "key_size");
        }
        yield write(rotary.score(), rotatedQuery, rotatedKey);
      }
    };
  }

  private Value stage(String doc, java.util.function.Supplier<Value> part) {
    return graph.stage("score", doc, part);
  }

  /// On the queries, before the product, where it costs least.
  static Value scaled(Value query, OptionalDouble scale) {
    return scaled(query, query, scale);
  }

  /// @param sized a value whose last axis is as long as keys are
  static Value scaled(Value x, Value sized, OptionalDouble scale) {
    return scale.isPresent()
        ? x.times(scale.getAsDouble())
        : x.over(sized.length(3).cast(Type.FLOAT).sqrt().cast(x.type()));
  }

  private Value dot(Value query, Value key) {
    return grouping.matmul(query, key.swapLast());
  }

  /// Divided by its length; a zero vector stays zero.
  static Value unit(Value vectors) {
    Value length = vectors.norm(-1);
    return vectors.over(length.same(0).choose(1, length));
  }

  private Value additive(Score.Additive score, Value query, Value key) {
    boolean perHead = score.query().shape().rank() == 3;
    Value w = graph.parameter("score.query", score.query());
    Value u = graph.parameter("score.key", score.key());
    Value direction = graph.parameter("score.direction", score.direction());
    Value left = query.matmul(perHead ? w.transpose(0, 2, 1) : w.transpose(1, 0));
    Value right =
        perHead
            ? grouping.repeat(key).matmul(u.transpose(0, 2, 1))
            : grouping.repeat(key.matmul(u.transpose(1, 0)));
    Value hidden = left.unsqueeze(3).plus(right.unsqueeze(2)).tanh();
    return perHead
        ? hidden.matmul(direction.unsqueeze(1, 3)).squeeze(4)
        : hidden.matmul(direction.unsqueeze(1)).squeeze(4);
  }
}
