package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/// Loops and scans.
final class Control {
  private Control() {}

  /// A recurrence over one axis of some values.
  ///
  /// @param states the initial states, with their ranks
  /// @param sequences values that are taken apart along axis 0
  /// @param backwards whether from the last element to the first; results stay in order
  /// @param step makes new states from states and elements, followed by what is collected
  /// @return the last states, then what was collected, joined along axis 0
  static List<Value> scan(
      Graph graph,
      List<Ranked> states,
      List<Ranked> sequences,
      boolean backwards,
      BiFunction<List<Value>, List<Value>, List<Value>> step) {
    List<Type> types = new ArrayList<>();
    List<Integer> ranks = new ArrayList<>();
    states.forEach(each -> {
      types.add(each.value().type());
      ranks.add(each.rank());
    });
    sequences.forEach(each -> {
      types.add(each.value().type());
      ranks.add(each.rank() - 1);
    });
    int n = states.size();
    Graph.Body body =
        graph.body(
            "step",
            types,
            ranks,
            arguments ->
                step.apply(arguments.subList(0, n), arguments.subList(n, arguments.size())));
    List<Value> from = new ArrayList<>();
    states.forEach(each -> from.add(each.value()));
    sequences.forEach(each -> from.add(each.value()));
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attributes.of("body", body.proto()));
    attributes.add(Attributes.of("num_scan_inputs", sequences.size()));
    if (backwards) {
      long[] back = new long[sequences.size()];
      java.util.Arrays.fill(back, 1);
      attributes.add(Attributes.list("scan_input_directions", back));
      long[] collected = new long[body.types().size() - n];
      java.util.Arrays.fill(collected, 1);
      if (collected.length > 0) {
        attributes.add(Attributes.list("scan_output_directions", collected));
      }
    }
    return graph.node("", "Scan", body.types(), from, attributes.toArray(AttributeProto[]::new));
  }

  /// A value whose rank a body needs to know.
  record Ranked(Value value, int rank) {}

  /// Repeats a step.
  ///
  /// @param count how often, an int64 scalar
  /// @param states the initial states, with their ranks
  /// @param step makes new states from states and the number of the step, an int64 scalar
  /// @return the last states
  static List<Value> loop(
      Graph graph,
      Value count,
      List<Ranked> states,
      Function<List<Value>, Function<Value, List<Value>>> step) {
    return loop(
        graph,
        count,
        states,
        (goOn, from) ->
            number -> {
              List<Value> results = new ArrayList<>(List.of(goOn));
              results.addAll(step.apply(from).apply(number));
              return results;
            });
  }

  /// As [#loop], while the first result of a step, a bool scalar, is true.
  static List<Value> loopWhile(
      Graph graph,
      Value most,
      List<Ranked> states,
      Function<List<Value>, Function<Value, List<Value>>> step) {
    return loop(graph, most, states, (_, from) -> step.apply(from));
  }

  private static List<Value> loop(
      Graph graph,
      Value count,
      List<Ranked> states,
      BiFunction<Value, List<Value>, Function<Value, List<Value>>> step) {
    List<Type> types = new ArrayList<>(List.of(Type.INT64, Type.BOOL));
    List<Integer> ranks = new ArrayList<>(List.of(0, 0));
    states.forEach(each -> {
      types.add(each.value().type());
      ranks.add(each.rank());
    });
    Graph.Body body =
        graph.body(
            "step",
            types,
            ranks,
            arguments ->
                step.apply(arguments.get(1), arguments.subList(2, arguments.size()))
                    .apply(arguments.get(0)));
    List<Value> from = new ArrayList<>(List.of(count, graph.absent()));
    states.forEach(each -> from.add(each.value()));
    List<Value> results =
        graph.node(
            "",
            "Loop",
            body.types().subList(1, body.types().size()),
            from,
            Attributes.of("body", body.proto()));
    // The format lets a loop change its states' ranks. Ours do not: this says so to inference.
    List<Value> shaped = new ArrayList<>();
    for (int i = 0; i < states.size(); i++) {
      shaped.add(results.get(i).reshape(states.get(i).value().shape()));
    }
    return shaped;
  }
}
