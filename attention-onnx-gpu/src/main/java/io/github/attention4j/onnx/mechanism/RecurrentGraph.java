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
      boolean perElement = sources.rank("decay", 3) == 4;
      Value decay =
          (perElement
                  ? sources.real("decay", "batch", "key_heads", "length", "key_size")
                  : sources.real("decay", "batch", "key_heads", "length").unsqueeze(3))
              .exp();
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
    Outputs outputs = new Outputs();
    Value steps = results.get(1).transpose(1, 2, 3, 0, 4);
    outputs.add(
        Result.OUTPUT,
        steps.reshape(query.sizes(0, 3), value.size(3)),
        "batch",
        "query_heads",
        "length",
        "value_size");
    if (captures.contains(Capture.STATE)) {
      outputs.add("state", results.get(0), "batch", "key_heads", "key_size", "value_size");
    }
    return outputs;
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
