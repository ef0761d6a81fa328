package io.github.attention4j.onnx.graph;

import java.util.List;
import java.util.Map;

/// What a graph reads and returns.
///
/// @param inputs in order
/// @param outputs in order
/// @param optionalInputs every name the description may also read, present in this graph or not
/// @param freeRanks inputs that may have several ranks
/// @param fixed sizes of named axes that parameters fix, with the parameter's name
public record Signature(
    List<Slot> inputs,
    List<Slot> outputs,
    List<String> optionalInputs,
    List<String> freeRanks,
    Map<String, Limit> fixed) {
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    optionalInputs = List.copyOf(optionalInputs);
    freeRanks = List.copyOf(freeRanks);
    fixed = Map.copyOf(fixed);
  }

  /// An input or output.
  ///
  /// @param name as callers know it
  /// @param tensor as the graph knows it: a graph has no output of an input's name
  /// @param type of the elements as callers see them
  /// @param axes outermost first
  public record Slot(String name, String tensor, Type type, List<Axis> axes) {
    public Slot {
      axes = List.copyOf(axes);
    }

    /// Whether arrays of lower rank are allowed, aligned from the right.
    public boolean broadcast() {
      // All are, or none.
      return !axes.isEmpty() && axes.getFirst() instanceof Axis.OneOr;
    }
  }

  /// A size that a parameter or an input fixes.
  ///
  /// @param size the size
  /// @param parameter that fixes it, or the input
  public record Limit(long size, String parameter) {}
}
