package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Score;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.SoftmaxGraph.Normalized;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Mechanism.Pairwise]: as one operator where [OperatorForm] finds one, otherwise spelled out in
/// the stages score, bias, scope, normalize, value.
final class PairwiseGraph {
  private final Graph graph;
  private final Sources sources;
  private final Mechanism.Pairwise mechanism;
  private final Set<Capture> captures;
  private final Outputs outputs = new Outputs();

  private PairwiseGraph(
      Graph graph, Sources sources, Mechanism.Pairwise mechanism, Set<Capture> captures) {
    this.graph = graph;
    this.sources = sources;
    this.mechanism = mechanism;
    this.captures = captures;
  }

  static Outputs write(
      Graph graph, Sources sources, Mechanism.Pairwise mechanism, Set<Capture> captures) {
    return new PairwiseGraph(graph, sources, mechanism, captures).write();
  }

  private Outputs write() {
    OperatorForm form = OperatorForm.of(graph.target(), sources.sizes(), mechanism, captures);
    graph.form(form.operator());
    if (form == OperatorForm.SPELLED_OUT) {
      return spelledOut();
    }
    outputs.add(
        Result.OUTPUT,
        OperatorGraph.write(
            graph,
            sources,
            mechanism,
            form,
            () ->
                new PairwiseGraph(graph, sources, mechanism, captures)
                    .spelledOut()
                    .value(Result.OUTPUT)),
        "batch",
        "query_heads",
        "queries",
        "value_size");
    return outputs;
  }

  private Outputs spelledOut() {
    boolean given = ScoreGraph.core(mechanism.score()) instanceof Score.Given;
    Value query = given ? scores(sources) : ScoreGraph.query(sources, mechanism.score());
    Value key = given ? query : ScoreGraph.key(sources, mechanism.score());
    Value value = sources.real(Inputs.VALUE, "batch", "key_heads", "keys", "value_size");
    Grouping grouping = new Grouping(query, value, sources.equalHeads());
    Positions positions =
        new Positions(mechanism.placement(), sources, query.size(2), value.size(2));

    Value scores =
        new ScoreGraph(
                graph,
                sources,
                positions,
                grouping,
                captures.contains(Capture.STAGES) ? outputs : null)
            .write(mechanism.score(), query, key);
    @Nullable Value allowed = new ScopeGraph(graph, sources, positions).allowed(mechanism.scope());
    for (Bias bias : mechanism.biases()) {
      Value added = new BiasGraph(graph, sources, positions).write(bias);
      scores = scores.plus(added);
      if (bias instanceof Bias.Dense) {
        // NaN in a key that a bias of minus infinity forbids would survive the sum.
        Value open = added.greater(Double.NEGATIVE_INFINITY).or(isNaN(added));
        allowed = allowed == null ? open : allowed.and(open);
      }
    }
    boolean masked = allowed != null || given;
    boolean mayBeEmpty =
        given
            || !mechanism.biases().stream().allMatch(PairwiseGraph::finite)
            || !ScopeGraph.neverEmpty(mechanism.scope(), mechanism.placement());
    Value open = allowed == null ? scores : mask(scores, allowed);
    Normalized normalized = graph.stage("normalize", doc(), () -> normalize(open, mayBeEmpty));
    Value weights = normalized.weights().cast(graph.real());
    outputs.add(
        Result.OUTPUT,
        Weighing.write(graph, grouping, weights, value, masked),
        "batch",
        "query_heads",
        "queries",
        "value_size");
    CaptureGraph.write(graph, outputs, captures, weights, normalized.logSumExp(), open);
    return outputs;
  }

  private Value scores(Sources from) {
    Score.Given given = (Score.Given) ScoreGraph.core(mechanism.score());
    return from.real(given.input(), "batch", "query_heads", "queries", "keys");
  }

  private static boolean finite(Bias bias) {
    return !(bias instanceof Bias.Dense);
  }

  private static Value isNaN(Value value) {
    return value.graph().node("IsNaN", Type.BOOL, java.util.List.of(value));
  }

  private Value mask(Value scores, Value allowed) {
    return graph.stage(
        "scope",
        "minus infinity where not allowed",
        () -> allowed.choose(scores, Double.NEGATIVE_INFINITY));
  }

  private String doc() {
    return switch (mechanism.normalizer()) {
      case Normalizer.Softmax _ -> "e^s / sum e^s; rows without keys are 0";
      case Normalizer.Sparsemax _ ->
          "projection on the simplex; Martins & Astudillo 2016 (arXiv:1602.02068), algorithm 1";
      case Normalizer.Entmax15 _ ->
          "1.5-entmax; Peters, Niculae, Martins 2019 (arXiv:1905.05702), algorithm 2";
      case Normalizer.ChainCrf _ ->
          "p(z = 1) of a chain; Kim, Denton, Hoang, Rush 2017 (arXiv:1702.00887), 3.1";
      case Normalizer.NonProjectiveTree _ ->
          "arc marginals by the matrix-tree theorem; Koo et al. 2007";
      case Normalizer.ProjectiveTree _ ->
          "arc marginals by inside-outside; Kim, Denton, Hoang, Rush 2017 (arXiv:1702.00887), 3.2";
    };
  }

  /// In float32 even where the rest is narrower: a sum of many exponentials needs it.
  private Normalized normalize(Value open, boolean mayBeEmpty) {
    Value scores = open.cast(Type.FLOAT);
    return switch (mechanism.normalizer()) {
      case Normalizer.Softmax _ ->
          captures.contains(Capture.LOG_SUM_EXP)
              ? SoftmaxGraph.withLogSumExp(scores)
              : new Normalized(SoftmaxGraph.weights(scores, mayBeEmpty), null);
      case Normalizer.Sparsemax _ -> new Normalized(SparseGraph.sparsemax(scores), null);
      case Normalizer.Entmax15 _ -> new Normalized(SparseGraph.entmax15(scores), null);
      case Normalizer.ChainCrf crf ->
          ChainGraph.write(
              graph, sources, crf, scores, captures.contains(Capture.STAGES) ? outputs : null);
      case Normalizer.NonProjectiveTree(var singleRoot) ->
          TreeGraph.write(graph, scores, singleRoot);
      case Normalizer.ProjectiveTree(var singleRoot) -> SpanGraph.write(graph, scores, singleRoot);
    };
  }
}
