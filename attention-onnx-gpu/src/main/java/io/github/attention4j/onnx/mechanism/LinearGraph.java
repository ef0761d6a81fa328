package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Mechanism.Linearized].
///
/// All keys at once, it is linear in the length: with a maximum $M_r$ of each feature over the
/// keys, $\sum_j e^{\ln \phi_r(k_j) - M_r} v_j$ and the queries' $\ln \phi_r(q_i) + M_r$, less
/// their own largest, so that neither sum vanishes nor overflows.
///
/// Causal, it is [LinearScan], or in the fused dialect [LinearOperator], where features need no
/// maximum to stay finite. Where rows of weights are captured, it is the attention of pairs it
/// stands for, with the score $\ln \sum_r \phi_r(q_i) \phi_r(k_j)$.
final class LinearGraph {
  private static final String STATE_S = "state_s";
  private static final String STATE_Z = "state_z";

  private final Graph graph;
  private final Sources sources;
  private final Mechanism.Linearized mechanism;
  private final Set<Capture> captures;
  private final Heads heads;
  private final Outputs outputs = new Outputs();
  private final @Nullable Value stateS;
  private final @Nullable Value stateZ;

  private LinearGraph(
      Graph graph, Sources sources, Mechanism.Linearized mechanism, Set<Capture> captures) {
    this.graph = graph;
    this.sources = sources;
    this.mechanism = mechanism;
    this.captures = captures;
    heads = Heads.of(sources);
    String features = FeatureGraph.count(mechanism.features());
    stateS = sources.find(STATE_S, "batch", "key_heads", features, "value_size");
    stateZ = sources.find(STATE_Z, "batch", "key_heads", features);
  }

  static Outputs write(
      Graph graph, Sources sources, Mechanism.Linearized mechanism, Set<Capture> captures) {
    return new LinearGraph(graph, sources, mechanism, captures).write();
  }

  private Outputs write() {
    Value query = logarithms("features_of_query", heads.query());
    Value key = logarithms("features_of_key", heads.key());
    Positions positions =
        new Positions(Placement.start(), sources, heads.query().size(2), heads.key().size(2));
    @Nullable Value valid =
        new ScopeGraph(graph, sources, positions).allowed(keysOnly(mechanism.scope()));
    @Nullable Value perKey = valid == null ? null : valid.transpose(0, 1, 3, 2);
    Value value = perKey == null ? heads.value() : perKey.choose(heads.value(), 0);
    Value known = perKey == null ? key : perKey.choose(key, Double.NEGATIVE_INFINITY);
    Value output = output(query, known, value, positions);
    outputs.add(Result.OUTPUT, output, "batch", "query_heads", "queries", "value_size");
    String features = FeatureGraph.count(mechanism.features());
    if (captures.contains(Capture.STATE)) {
      Value features1 = known.exp();
      Value s = features1.swapLast().matmul(value);
      Value z = features1.sum(2).squeeze(2);
      outputs.add(
          STATE_S,
          stateS == null ? s : s.plus(stateS),
          "batch",
          "key_heads",
          features,
          "value_size");
      outputs.add(STATE_Z, stateZ == null ? z : z.plus(stateZ), "batch", "key_heads", features);
    }
    if (captures.contains(Capture.STAGES)) {
      outputs.add("phi_q", query.exp(), "batch", "query_heads", "queries", features);
      outputs.add("phi_k", key.exp(), "batch", "key_heads", "keys", features);
    }
    return outputs;
  }

  private Value output(Value query, Value key, Value value, Positions positions) {
    if (captures.stream().anyMatch(LinearGraph::isOfRows)) {
      return pairs(query, key, value, positions);
    }
    if (!isCausal(mechanism.scope())) {
      return sums(query, key, value);
    }
    if (usesOperator(graph, sources, mechanism)) {
      graph.form(LinearOperator.NAME);
      return graph.stage(
          "recurrence",
          LinearOperator.NAME + ": S <- S + phi(k) v",
          () -> operator(query, key, value));
    }
    return graph.stage(
        "chunks",
        "o = phi(q) S / (phi(q) z), S <- S + phi(k) v, z <- z + phi(k), chunk by chunk",
        () -> LinearScan.write(graph, query, key, value, stateS, stateZ));
  }

  /// Features that may overflow need a maximum that the operator does not keep; the operator also
  /// wants as many queries as keys.
  private static boolean usesOperator(
      Graph graph, Sources sources, Mechanism.Linearized mechanism) {
    return mechanism.features() instanceof FeatureMap.EluPlusOne
        && LinearOperator.applies(graph, sources)
        && sources.sizes().square();
  }

  /// The sum of keys is one more column of values.
  private Value operator(Value query, Value key, Value value) {
    Value ones =
        graph.scalar(value.type(), 1).expand(Value.concat(0, value.sizes(0, 3), graph.vector(1)));
    @Nullable Value state =
        stateS == null && stateZ == null
            ? null
            : Value.concat(3, given(stateS, key, value), given(column(stateZ), key, ones));
    Value sums =
        LinearOperator.write(
                graph,
                sources,
                query.exp(),
                key.exp(),
                Value.concat(3, value, ones),
                state,
                null,
                null)
            .output();
    Value below = sums.slice(3, -1, Long.MAX_VALUE);
    return sums.slice(3, 0, -1).over(below.same(0).choose(1, below));
  }

  private static @Nullable Value column(@Nullable Value z) {
    return z == null ? null : z.unsqueeze(3);
  }

  private Value given(@Nullable Value state, Value key, Value value) {
    return state != null
        ? state
        : graph
            .scalar(graph.real(), 0)
            .expand(Value.concat(0, key.sizes(0, 2), key.size(3), value.size(3)));
  }

  private Value logarithms(String name, Value vectors) {
    return graph.stage(
        name,
        "logarithms of phi",
        () -> FeatureGraph.logarithms(graph, sources, mechanism.features(), vectors));
  }

  private static boolean isOfRows(Capture capture) {
    return capture instanceof Capture.Weights
        || capture instanceof Capture.TopK
        || capture instanceof Capture.Pooled;
  }

  private static boolean isCausal(Scope scope) {
    return scope instanceof Scope.Causal
        || (scope instanceof Scope.And(var scopes)
            && scopes.stream().anyMatch(LinearGraph::isCausal));
  }

  /// What the scope says of keys alone.
  private static Scope keysOnly(Scope scope) {
    return switch (scope) {
      case Scope.Causal _ -> Scope.full();
      case Scope.And(var scopes) -> {
        List<Scope> kept =
            scopes.stream()
                .map(LinearGraph::keysOnly)
                .filter(each -> !(each instanceof Scope.Full))
                .toList();
        yield kept.isEmpty() ? Scope.full() : new Scope.And(kept);
      }
      default -> scope;
    };
  }

  /// @param key −∞ and
  /// @param value 0 for keys that are not allowed
  private Value sums(Value query, Value key, Value value) {
    return graph.stage(
        "sums",
        "phi(q) (sum phi(k) v) / (phi(q) sum phi(k))",
        () -> {
          Value largest = key.largest(2).swapLast();
          @Nullable Value z = stateZ == null ? null : stateZ.unsqueeze(3);
          Value highest = z == null ? largest : largest.max(z.log());
          Value shift = highest.same(Double.NEGATIVE_INFINITY).choose(0, highest);
          Value features = key.minus(shift.swapLast()).exp().swapLast();
          Value past = shift.negate().exp();
          Value sumOfValues = features.matmul(value);
          Value sumOfKeys = features.sum(3);
          if (stateS != null) {
            sumOfValues = sumOfValues.plus(stateS.times(past));
          }
          if (z != null) {
            sumOfKeys = sumOfKeys.plus(z.times(past));
          }
          Value raised = query.plus(heads.grouping().repeat(shift.swapLast()));
          Value own = raised.minus(raised.largest(3)).exp();
          Value above = heads.grouping().matmul(own, sumOfValues);
          Value below = heads.grouping().matmul(own, sumOfKeys);
          return above.over(below.same(0).choose(1, below));
        });
  }

  private Value pairs(Value query, Value key, Value value, Positions positions) {
    Value logWeights =
        graph.stage(
            "score",
            "ln sum_r phi_r(q) phi_r(k)",
            () -> LinearScan.logWeights(heads.grouping(), query, key));
    @Nullable Value allowed = new ScopeGraph(graph, sources, positions).allowed(mechanism.scope());
    Value open =
        allowed == null ? logWeights : allowed.choose(logWeights, Double.NEGATIVE_INFINITY);
    if (stateS == null || stateZ == null) {
      Value weights =
          graph
              .stage("normalize", () -> SoftmaxGraph.weights(open.cast(Type.FLOAT), true))
              .cast(graph.real());
      CaptureGraph.write(graph, outputs, captures, weights, null, open);
      return Weighing.write(graph, heads.grouping(), weights, value, true);
    }
    return continued(query, open, value, stateS, stateZ);
  }

  /// What came before stands as one more key per feature: its weight is $\phi_r(q) z_r$, its value
  /// $s_r / z_r$.
  private Value continued(Value query, Value open, Value value, Value s, Value z) {
    Value before = query.plus(heads.grouping().repeat(z.log().unsqueeze(2)));
    Value all = Value.concat(3, before, open);
    Value weights = SoftmaxGraph.weights(all.cast(Type.FLOAT), true).cast(graph.real());
    Value column = z.unsqueeze(3);
    Value means = s.over(column.same(0).choose(1, column));
    Value count = z.size(2);
    Value ofKeys = weights.slice(3, count, graph.vector(Long.MAX_VALUE), 1);
    CaptureGraph.write(graph, outputs, captures, ofKeys, null, open);
    return Weighing.write(graph, heads.grouping(), weights, Value.concat(2, means, value), true);
  }
}
