package io.github.attention4j.onnx.network;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.mechanism.MechanismGraph;
import io.github.attention4j.onnx.mechanism.Outputs;
import io.github.attention4j.onnx.mechanism.Sources;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Layer.Attend]: channels split into heads, the mechanism's graph, heads joined.
final class AttendGraph implements Sources {
  private final Layer.Attend layer;
  private final Map<String, Value> inputs = new HashMap<>();

  private AttendGraph(Layer.Attend layer, List<Value> from) {
    this.layer = layer;
    inputs.put(Inputs.QUERY, split(from.get(0), layer.heads()));
    inputs.put(Inputs.KEY, split(from.get(1), layer.keyHeads()));
    inputs.put(Inputs.VALUE, split(from.get(2), layer.keyHeads()));
    for (int i = 0; i < layer.extras().size(); i++) {
      inputs.put(layer.extras().get(i), from.get(3 + i));
    }
  }

  /// The mechanism's outputs, its `output` as `[batch, queries, channels]`.
  static Outputs write(Graph graph, Layer.Attend layer, List<Value> from, boolean map) {
    if (from.size() != 3 + layer.extras().size()) {
      throw new IllegalArgumentException(
          "inputs: expected query, key, value and " + layer.extras() + ", got " + from.size());
    }
    AttendGraph sources =
        graph.stage("heads", "split into heads", () -> new AttendGraph(layer, from));
    Outputs outputs =
        MechanismGraph.write(
            graph, sources, layer.mechanism(), map ? Set.of(Capture.WEIGHTS) : Set.of());
    Value output = outputs.value("output");
    outputs.add("output", graph.stage("heads", () -> join(output)), "batch", "queries", "channels");
    return outputs;
  }

  private static Value split(Value x, int heads) {
    return x.reshapeKeeping(0, 0, heads, -1).transpose(0, 2, 1, 3);
  }

  private static Value join(Value x) {
    return x.transpose(0, 2, 1, 3).reshapeKeeping(0, 0, -1);
  }

  @Override
  public Value get(String name, Type type, Axis... axes) {
    Value value = inputs.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "extras: expected '" + name + "', which the mechanism reads, got " + layer.extras());
    }
    return value;
  }

  @Override
  public @Nullable Value find(String name, String... axes) {
    return inputs.get(name);
  }

  @Override
  public void fix(String axis, long size, String parameter) {
    if (axis.equals("query_heads") && size != layer.heads()) {
      throw new IllegalArgumentException(
          parameter + ": expected heads " + layer.heads() + ", got " + size);
    }
  }

  @Override
  public int rank(String name, int usual) {
    return usual;
  }

  @Override
  public boolean equalHeads() {
    return layer.heads() == layer.keyHeads();
  }
}
