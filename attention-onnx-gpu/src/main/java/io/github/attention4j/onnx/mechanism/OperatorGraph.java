package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// [Pairwise] as one operator of the runtime; [OperatorForm] says which.
///
/// Kernels multiply what is masked by 0, so NaN and infinity in masked keys or values reach their
/// output. As that always shows as NaN, a graph with a mask has the spelled-out form as well, in
/// the branch of an `If` that is taken when the operator's output has a NaN.
final class OperatorGraph {
  private final Graph graph;
  private final Sources sources;
  private final Pairwise mechanism;
  private final OperatorForm form;
  private final Supplier<Value> careful;

  private OperatorGraph(
      Graph graph,
      Sources sources,
      Pairwise mechanism,
      OperatorForm form,
      Supplier<Value> careful) {
    this.graph = graph;
    this.sources = sources;
    this.mechanism = mechanism;
    this.form = form;
    this.careful = careful;
  }

  /// The output, `[batch, queryHeads, queries, valueSize]`.
  ///
  /// @param careful writes the spelled-out form
  static Value write(
      Graph graph,
      Sources sources,
      Pairwise mechanism,
      OperatorForm form,
      Supplier<Value> careful) {
    return new OperatorGraph(graph, sources, mechanism, form, careful).write();
  }

  private Value write() {
    Value query = ScoreGraph.query(sources, mechanism.score());
    Value key = ScoreGraph.key(sources, mechanism.score());
    Value value = sources.real(Inputs.VALUE, "batch", "key_heads", "keys", "value_size");
    Positions positions =
        new Positions(mechanism.placement(), sources, query.size(2), value.size(2));
    Vectors vectors = vectors(mechanism.score(), query, key, positions);
    boolean finite =
        mechanism.scope() instanceof Scope.Full
            && mechanism.biases().stream().noneMatch(Bias.Dense.class::isInstance);
    Value output =
        graph.stage(
            "attention",
            form.operator() + ": softmax(c q k + mask) v",
            () ->
                switch (form) {
                  case ATTENTION -> attention(vectors, value, positions);
                  case MULTI_HEAD -> multiHead(vectors, value);
                  case GROUPED -> grouped(vectors, value);
                  case SPELLED_OUT -> throw new IllegalStateException("no operator");
                });
    return finite ? output : guarded(output);
  }

  /// What is multiplied, and by which scale; empty means one over the root of the vectors' length.
  private record Vectors(Value query, Value key, OptionalDouble scale, OptionalDouble cap) {
    Vectors capped(double newCap) {
      return new Vectors(query, key, scale, OptionalDouble.of(newCap));
    }
  }

  private Vectors vectors(Score score, Value query, Value key, Positions positions) {
    OptionalDouble one = OptionalDouble.of(1);
    OptionalDouble none = OptionalDouble.empty();
    return switch (score) {
      case Score.Dot _ -> new Vectors(query, key, one, none);
      // ONNX Runtime takes no scale that is not positive.
      case Score.ScaledDot(var scale) ->
          scale.isPresent() && (float) scale.getAsDouble() <= 0
              ? new Vectors(query.times(scale.getAsDouble()), key, one, none)
              : new Vectors(query, key, scale, none);
      case Score.Bilinear(var weight) ->
          new Vectors(query.matmul(graph.parameter("score.weight", weight)), key, one, none);
      case Score.Cosine(var beta) ->
          new Vectors(ScoreGraph.unit(query).times(beta), ScoreGraph.unit(key), one, none);
      case Score.Softcap(var inner, var cap) -> vectors(inner, query, key, positions).capped(cap);
      case Score.Rotary rotary -> {
        RotaryGraph rotation = RotaryGraph.of(graph, sources, rotary, positions);
        yield vectors(rotary.score(), rotation.query(query), rotation.key(key), positions);
      }
      case Score.Additive _, Score.Given _ -> throw new IllegalStateException("not a product");
    };
  }

  // ai.onnx Attention.

  private Value attention(Vectors vectors, Value value, Positions positions) {
    List<AttributeProto> attributes = new ArrayList<>();
    vectors.scale().ifPresent(scale -> attributes.add(Attributes.of("scale", (float) scale)));
    vectors.cap().ifPresent(cap -> attributes.add(Attributes.of("softcap", (float) cap)));
    boolean bare = mechanism.biases().isEmpty();
    boolean full = mechanism.scope() instanceof Scope.Full;
    Optional<String> endOfLength = endOfLength();
    Optional<String> lengths = endOfLength.or(this::lengths);
    boolean causal =
        endOfLength.isPresent()
            || (bare
                && mechanism.scope() instanceof Scope.Causal
                && mechanism.placement() instanceof Placement.Start(var offset)
                && offset == 0);
    if (causal) {
      attributes.add(Attributes.of("is_causal", 1));
    }
    List<Value> from = new ArrayList<>(List.of(vectors.query(), vectors.key(), value));
    if (lengths.isPresent()) {
      Value given = sources.longs(lengths.get(), "batch").max(0).min(value.size(2));
      from.addAll(List.of(graph.absent(), graph.absent(), graph.absent(), given));
    } else if (!causal && !(bare && full)) {
      from.add(mask(positions));
    }
    boolean keysOnly = bare && !causal && (full || lengths.isPresent());
    if (sources.equalHeads() || !keysOnly) {
      return node(from, attributes);
    }
    // What does not depend on the query lets the queries of a group be rows of one product, which
    // reads keys once for the group.
    from.set(0, vectors.query().reshape(value.sizes(0, 2), rows(vectors), vectors.key().size(3)));
    return node(from, attributes).reshape(vectors.query().sizes(0, 3), value.size(3));
  }

  private Value rows(Vectors vectors) {
    return vectors.query().size(1).times(vectors.query().size(2)).over(vectors.key().size(1));
  }

  private Value node(List<Value> from, List<AttributeProto> attributes) {
    return graph.node("Attention", graph.real(), from, attributes.toArray(AttributeProto[]::new));
  }

  /// The input that says how many keys are valid, where that is all of the scope and operator set
  /// 24 can express it.
  private Optional<String> lengths() {
    return graph.opset() >= 24
            && mechanism.biases().isEmpty()
            && mechanism.scope() instanceof Scope.Lengths(var input)
        ? Optional.of(input)
        : Optional.empty();
  }

  /// The same where the scope is causal and the last query stands at the last valid key: how
  /// operator set 24 aligns a causal mask when it knows how many keys are valid.
  private Optional<String> endOfLength() {
    if (graph.opset() < 24
        || !mechanism.biases().isEmpty()
        || !(mechanism.placement() instanceof Placement.EndOfLength(var lengths))) {
      return Optional.empty();
    }
    Scope scope = mechanism.scope();
    boolean causal =
        scope instanceof Scope.Causal
            || (scope instanceof Scope.And(var scopes)
                && scopes.contains(new Scope.Causal())
                && scopes.stream()
                    .allMatch(each ->
                        each instanceof Scope.Causal || each.equals(new Scope.Lengths(lengths))));
    return causal ? Optional.of(lengths) : Optional.empty();
  }

  /// `[1 or batch, 1 or heads, queries, keys]`: bool, or what is added. ONNX Runtime does not
  /// broadcast the last two axes.
  private Value mask(Positions positions) {
    @Nullable Value added = null;
    for (Bias bias : mechanism.biases()) {
      Value each = new BiasGraph(graph, sources, positions).write(bias);
      added = added == null ? each : added.plus(each);
    }
    @Nullable Value allowed = new ScopeGraph(graph, sources, positions).allowed(mechanism.scope());
    Value all =
        added == null
            ? java.util.Objects.requireNonNull(allowed)
            : allowed == null ? added : allowed.choose(added, Double.NEGATIVE_INFINITY);
    return graph.stage(
        "mask",
        () ->
            all.expand(
                Value.concat(0, graph.vector(1, 1), positions.queryCount(), positions.keyCount())));
  }

  // com.microsoft operators: with all heads as entries of the batch nothing is transposed.

  private Value multiHead(Vectors vectors, Value value) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attributes.of("num_heads", 1));
    vectors.scale().ifPresent(scale -> attributes.add(Attributes.of("scale", (float) scale)));
    Value entries = value.size(0).times(value.size(1));
    Value key = folded(vectors.key(), entries);
    Value values = folded(value, entries);
    // Of few queries the kernel for keys with heads is the faster one; it takes values as long as
    // keys only.
    boolean withHeads = sources.sizes().single() && sources.sizes().eights();
    List<Value> from =
        List.of(
            vectors.query().reshape(entries, rows(vectors), vectors.key().size(3)),
            withHeads ? key.unsqueeze(1) : key,
            withHeads ? values.unsqueeze(1) : values);
    return graph
        .fusedNode(
            "MultiHeadAttention",
            List.of(graph.real()),
            from,
            attributes.toArray(AttributeProto[]::new))
        .getFirst()
        .reshape(vectors.query().sizes(0, 3), value.size(3));
  }

  private static Value folded(Value x, Value entries) {
    return x.reshape(entries, x.sizes(2, 4));
  }

  private Value grouped(Vectors vectors, Value value) {
    int group = sources.sizes().group();
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attributes.of("num_heads", group));
    attributes.add(Attributes.of("kv_num_heads", 1));
    vectors.scale().ifPresent(scale -> attributes.add(Attributes.of("scale", (float) scale)));
    vectors.cap().ifPresent(cap -> attributes.add(Attributes.of("softcap", (float) cap)));
    OptionalLong window = OperatorForm.window(mechanism.scope());
    if (window.orElse(-1) > 0) {
      attributes.add(Attributes.of("local_window_size", window.getAsLong()));
    }
    Value entries = value.size(0).times(value.size(1));
    Value keys = value.size(2);
    Value query = vectors.query();
    Value size = vectors.key().size(3);
    Value rows =
        group == 1
            ? folded(query, entries)
            : query
                .reshape(entries, graph.vector(group), query.size(2), size)
                .transpose(0, 2, 1, 3)
                .reshape(entries, query.size(2), size.times(graph.vector(group)));
    List<Value> from =
        List.of(
            rows,
            folded(vectors.key(), entries),
            folded(value, entries),
            graph.absent(),
            graph.absent(),
            keys.minus(graph.scalar(1)).cast(Type.INT32).expand(entries),
            keys.squeeze(0).cast(Type.INT32));
    Value output =
        graph
            .fusedNode(
                "GroupQueryAttention",
                List.of(graph.real(), graph.real(), graph.real()),
                from,
                attributes.toArray(AttributeProto[]::new))
            .getFirst();
    Value heads =
        group == 1
            ? output
            : output
                .reshape(entries, query.size(2), graph.vector(group), value.size(3))
                .transpose(0, 2, 1, 3);
    return heads.reshape(query.sizes(0, 3), value.size(3));
  }

  // What masks hide.

  private Value guarded(Value output) {
    return graph.stage(
        "unmasked_nan",
        "spelled out again where NaN or infinity may come from masked keys or values",
        () -> {
          Value sum =
              graph.node(
                  "ReduceSum",
                  Type.FLOAT,
                  List.of(output.cast(Type.FLOAT)),
                  Attributes.of("keepdims", 0));
          Value broken = graph.node("IsNaN", Type.BOOL, List.of(sum));
          Graph.Body again =
              graph.body("spelled_out", List.of(), List.of(), _ -> List.of(careful.get()));
          Graph.Body asIs = graph.body("as_is", List.of(), List.of(), _ -> List.of(output));
          return graph.node(
              "If",
              graph.real(),
              List.of(broken),
              Attributes.of("then_branch", again.proto()),
              Attributes.of("else_branch", asIs.proto()));
        });
  }
}
