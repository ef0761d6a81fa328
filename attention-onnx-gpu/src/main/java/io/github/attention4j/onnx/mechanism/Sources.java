package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.graph.Variant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a mechanism's inputs come from: inputs of the graph, or earlier layers of a network.
public interface Sources {
  /// The input of this name.
  Value get(String name, Type type, Axis... axes);

  /// The real input of this name that a run may leave out, or null.
  @Nullable Value find(String name, String... axes);

  /// Says that a parameter fixes the size of a named axis.
  void fix(String axis, long size, String parameter);

  /// The rank the input of this name has, where several are possible.
  int rank(String name, int usual);

  /// Whether queries and keys are known to have equally many heads.
  boolean equalHeads();

  /// What is known of the sizes of queries, keys and values.
  Variant.Sizes sizes();

  /// A real input, by names or sizes of its axes.
  default Value real(String name, String... axes) {
    return get(name, Type.FLOAT, Arrays.stream(axes).map(Axis::of).toArray(Axis[]::new));
  }

  /// An int64 input.
  default Value longs(String name, String... axes) {
    return get(name, Type.INT64, Arrays.stream(axes).map(Axis::of).toArray(Axis[]::new));
  }

  /// A bool input.
  default Value booleans(String name, String... axes) {
    return get(name, Type.BOOL, Arrays.stream(axes).map(Axis::of).toArray(Axis[]::new));
  }

  /// An input that is broadcast from the right to `[batch, heads, queries, keys]`.
  default Value pairs(String name, Type type) {
    List<Axis> axes =
        List.of(
            new Axis.OneOr("batch"),
            new Axis.OneOr("query_heads"),
            new Axis.OneOr("queries"),
            new Axis.OneOr("keys"));
    int rank = rank(name, axes.size());
    return get(name, type, axes.subList(axes.size() - rank, axes.size()).toArray(Axis[]::new));
  }

  /// The inputs of a graph.
  static Sources of(Graph graph) {
    return new Sources() {
      @Override
      public Value get(String name, Type type, Axis... axes) {
        return graph.input(name, type, axes);
      }

      @Override
      public @Nullable Value find(String name, String... axes) {
        return graph.optional(name, axes);
      }

      @Override
      public void fix(String axis, long size, String parameter) {
        graph.fix(axis, size, parameter);
      }

      @Override
      public int rank(String name, int usual) {
        return graph.rank(name, usual);
      }

      @Override
      public boolean equalHeads() {
        return graph.variant().equalHeads();
      }

      @Override
      public Variant.Sizes sizes() {
        return graph.variant().sizes();
      }
    };
  }
}
