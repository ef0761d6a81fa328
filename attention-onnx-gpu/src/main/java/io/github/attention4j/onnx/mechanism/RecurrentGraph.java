package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Result;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.Control.Ranked;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Mechanism.Recurrent]: a scan over the steps with the state `[batch, keyHeads, keySize,
/// valueSize]`.
final class RecurrentGraph {
  private RecurrentGraph() {}

  static Outputs write(
      Graph graph, Sources sources, Mechanism.Recurrent mechanism, Set<Capture> captures) {
    Heads heads = Heads.of(sources, "length", "length");
    Value query = ScoreGraph.scaled(heads.query(), mechanism.scale());
    Value key = heads.key();
    Value value = heads.value();
    @Nullable Value given = sources.find("state", "batch", "key_heads", "key_size", "value_size");
    if (LinearOperator.applies(graph, sources)) {
      return operator(graph, sources, mechanism, captures, query, heads, given);
    }
    Value state =
        given != null
            ? given
            : graph
                .scalar(graph.real(), 0)
                .expand(Value.concat(0, key.sizes(0, 2), key.size(3), value.size(3)));
    // Steps come first; the queries of a group are rows of one matrix.
    Value group = query.size(1).over(key.size(1));
    Value grouped = query.reshape(key.sizes(0, 2), group, query.sizes(2, 4));
    List<Ranked> sequences = new ArrayList<>();
    sequences.add(new Ranked(grouped.transpose(3, 0, 1, 2, 4), 5));
    sequences.add(new Ranked(key.transpose(2, 0, 1, 3).unsqueeze(4), 5));
    sequences.add(new Ranked(value.transpose(2, 0, 1, 3).unsqueeze(3), 5));
    if (mechanism.gated()) {
      Value decay = decay(sources).exp();
      sequences.add(new Ranked(decay.transpose(2, 0, 1, 3).unsqueeze(4), 5));
    }
    if (mechanism.delta()) {
      Value beta = sources.real("beta", "batch", "key_heads", "length");
      sequences.add(new Ranked(beta.transpose(2, 0, 1).unsqueeze(3, 4), 5));
    }
    List<Value> results =
        graph.stage(
            "recurrence",
            "S <- gamma S + beta k (v - S^T k)^T, o = c S^T q",
            () ->
                Control.scan(
                    graph,
                    List.of(new Ranked(state, 4)),
                    sequences,
                    false,
                    (states, elements) -> step(mechanism, states.getFirst(), elements)));
    Value steps = results.get(1).transpose(1, 2, 3, 0, 4);
    return outputs(captures, steps.reshape(query.sizes(0, 3), value.size(3)), results.getFirst());
  }

  private static Outputs outputs(Set<Capture> captures, Value output, Value state) {
    Outputs outputs = new Outputs();
    outputs.add(Result.OUTPUT, output, "batch", "query_heads", "length", "value_size");
    if (captures.contains(Capture.STATE)) {
      outputs.add("state", state, "batch", "key_heads", "key_size", "value_size");
    }
    return outputs;
  }

  /// Logarithms, `[batch, keyHeads, length, 1 or keySize]`.
  private static Value decay(Sources sources) {
    return sources.rank("decay", 3) == 4
        ? sources.real("decay", "batch", "key_heads", "length", "key_size")
        : sources.real("decay", "batch", "key_heads", "length").unsqueeze(3);
  }

  private static Outputs operator(
      Graph graph,
      Sources sources,
      Mechanism.Recurrent mechanism,
      Set<Capture> captures,
      Value query,
      Heads heads,
      @Nullable Value state) {
    graph.form(LinearOperator.NAME);
    @Nullable Value decay = mechanism.gated() ? decay(sources) : null;
    @Nullable Value beta =
        mechanism.delta()
            ? sources.real("beta", "batch", "key_heads", "length").unsqueeze(3)
            : null;
    LinearOperator.Outcome outcome =
        graph.stage(
            "recurrence",
            LinearOperator.NAME + ": S <- gamma S + beta k (v - S^T k)^T, o = c S^T q",
            () ->
                LinearOperator.write(
                    graph, sources, query, heads.key(), heads.value(), state, decay, beta));
    return outputs(captures, outcome.output(), outcome.state());
  }

  private static List<Value> step(
      Mechanism.Recurrent mechanism, Value before, List<Value> elements) {
    Value query = elements.get(0);
    Value key = elements.get(1);
    Value value = elements.get(2);
    Value state = mechanism.gated() ? before.times(elements.get(3)) : before;
    Value written = value;
    if (mechanism.delta()) {
      Value recalled = key.swapLast().matmul(state);
      written = value.minus(recalled).times(elements.getLast());
    }
    Value after = state.plus(key.matmul(written));
    return List.of(after, query.matmul(after));
  }
}
