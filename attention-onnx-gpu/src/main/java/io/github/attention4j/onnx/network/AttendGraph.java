package io.github.attention4j.onnx.network;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.MechanismGraph;
import io.github.attention4j.onnx.mechanism.Outputs;
import io.github.attention4j.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The layers that hold a mechanism: [Layer.Attend] and [Layer.Hyena].
final class AttendGraph {
  private AttendGraph() {}

  /// The mechanism's outputs: channels split into heads before, joined after.
  static Outputs write(Graph graph, Layer.Attend layer, List<Value> from, boolean map) {
    if (from.size() != 3 + layer.extras().size()) {
      throw new IllegalArgumentException(
          "inputs: expected query, key, value and " + layer.extras() + ", got " + from.size());
    }
    if (graph.fused() && !map && isPlain(layer)) {
      return fused(graph, layer, from);
    }
    Map<String, Value> inputs = new HashMap<>();
    graph.stage(
        "heads",
        "split into heads",
        () -> {
          inputs.put(Inputs.QUERY, split(from.get(0), layer.heads()));
          inputs.put(Inputs.KEY, split(from.get(1), layer.keyHeads()));
          return inputs.put(Inputs.VALUE, split(from.get(2), layer.keyHeads()));
        });
    for (int i = 0; i < layer.extras().size(); i++) {
      inputs.put(layer.extras().get(i), from.get(3 + i));
    }
    Outputs outputs =
        MechanismGraph.write(
            graph,
            new LayerSources(inputs, layer.heads(), layer.keyHeads()),
            layer.mechanism(),
            map ? Set.of(Capture.WEIGHTS) : Set.of());
    Value output = outputs.value("output");
    outputs.add(
        "output",
        graph.stage("heads", () -> output.transpose(0, 2, 1, 3).reshapeKeeping(0, 0, -1)),
        "batch",
        "queries",
        "channels");
    return outputs;
  }

  /// Whether ONNX Runtime's MultiHeadAttention computes the same. With a mask it does not: what
  /// stands in masked keys would show.
  private static boolean isPlain(Layer.Attend layer) {
    return layer.heads() == layer.keyHeads()
        && layer.mechanism() instanceof Mechanism.Pairwise pairwise
        && (pairwise.score() instanceof Score.Dot || pairwise.score() instanceof Score.ScaledDot)
        && pairwise.biases().isEmpty()
        && pairwise.scope() instanceof Scope.Full
        && pairwise.normalizer() instanceof Normalizer.Softmax;
  }

  private static Outputs fused(Graph graph, Layer.Attend layer, List<Value> from) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attributes.of("num_heads", layer.heads()));
    Score score = ((Mechanism.Pairwise) layer.mechanism()).score();
    if (score instanceof Score.Dot) {
      attributes.add(Attributes.of("scale", 1f));
    } else if (score instanceof Score.ScaledDot(var scale) && scale.isPresent()) {
      attributes.add(Attributes.of("scale", (float) scale.getAsDouble()));
    }
    Value output =
        graph
            .fusedNode(
                "MultiHeadAttention",
                List.of(from.get(0).type()),
                from.subList(0, 3),
                attributes.toArray(AttributeProto[]::new))
            .getFirst();
    Outputs outputs = new Outputs();
    outputs.add("output", output, "batch", "queries", "channels");
    return outputs;
  }

  private static Value split(Value x, int heads) {
    return x.reshapeKeeping(0, 0, heads, -1).transpose(0, 2, 1, 3);
  }

  /// The output of a long convolution, whose gates come one by one.
  static Value write(Graph graph, Layer.Hyena layer, List<Value> from) {
    Value gates =
        Value.concat(
            0,
            from.subList(0, from.size() - 1).stream()
                .map(gate -> gate.unsqueeze(0))
                .toArray(Value[]::new));
    Map<String, Value> inputs = Map.of("gates", gates, Inputs.VALUE, from.getLast());
    return MechanismGraph.write(graph, new LayerSources(inputs, 0, 0), layer.operator(), Set.of())
        .value("output");
  }
}
