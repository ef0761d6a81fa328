package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Value;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a mechanism's graph computes, by the names of [io.github.attention4j.api.Result].
public final class Outputs {
  private final Map<String, Output> outputs = new LinkedHashMap<>();

  /// A value and its axes.
  ///
  /// @param value what is computed
  /// @param axes outermost first
  public record Output(Value value, List<Axis> axes) {}

  /// Adds an output, by names or sizes of its axes.
  public void add(String name, Value value, String... axes) {
    add(name, value, Arrays.stream(axes).map(Axis::of).toArray(Axis[]::new));
  }

  /// Adds an output.
  public void add(String name, Value value, Axis... axes) {
    outputs.put(name, new Output(value, List.of(axes)));
  }

  /// The value of this name.
  public Value value(String name) {
    Output output = outputs.get(name);
    if (output == null) {
      throw new IllegalStateException("no output " + name + ", only " + outputs.keySet());
    }
    return output.value();
  }

  /// Declares them as outputs of a graph.
  public void declare(Graph graph) {
    outputs.forEach(
        (name, output) -> graph.output(name, output.value(), output.axes().toArray(Axis[]::new)));
  }
}
