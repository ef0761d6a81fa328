package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.TensorProto;
import org.jspecify.annotations.Nullable;

/// What makes probabilities of scores: a softmax, as one operator or spelled out.
///
/// | written | read as |
/// |---|---|
/// | `Softmax(x)`, `QLinearSoftmax(x)` | itself |
/// | `Exp(LogSoftmax(x))`, `Exp(x - ReduceLogSumExp(x))` | the `Exp` |
/// | `Exp(y) / ReduceSum(Exp(y))`, y = x or x - ReduceMax(x) | the `Div`, or the `Mul` with a `Reciprocal` |
///
/// @param scores what is normalised
/// @param axis along which; counted from the last if negative
/// @param flattens whether the axes from that one on are normalised as one, as before operator set
///   13
record Normaliser(String scores, long axis, boolean flattens) {

  /// What this node normalises, or null if it does no such thing.
  static @Nullable Normaliser of(Graph graph, int index) {
    NodeProto node = graph.node(index);
    if (Graph.is(node, "Softmax")) {
      return softmax(graph, node);
    }
    if (Graph.isMicrosoft(node, "QLinearSoftmax")) {
      return new Normaliser(node.getInput(0), -1, false);
    }
    if (Graph.is(node, "Exp")) {
      return ofLogarithms(graph, node);
    }
    if (Graph.is(node, "Div")) {
      return spelledOut(graph, node.getInput(0), node.getInput(1));
    }
    if (Graph.is(node, "Mul")) {
      Normaliser first = byReciprocal(graph, node.getInput(0), node.getInput(1));
      return first == null ? byReciprocal(graph, node.getInput(1), node.getInput(0)) : first;
    }
    return null;
  }

  /// Whether probabilities of this rank are normalised along the last axis and no other.
  boolean alongLast(int rank) {
    return axis == -1 || axis == rank - 1;
  }

  private static Normaliser softmax(Graph graph, NodeProto node) {
    boolean flattens = graph.opset() < 13;
    return new Normaliser(
        node.getInput(0), Graph.integer(node, "axis", flattens ? 1 : -1), flattens);
  }

  private static @Nullable Normaliser ofLogarithms(Graph graph, NodeProto exponential) {
    NodeProto logarithms = graph.maker(exponential.getInput(0));
    if (logarithms == null) {
      return null;
    }
    if (Graph.is(logarithms, "LogSoftmax")) {
      return softmax(graph, logarithms);
    }
    NodeProto sum = Graph.is(logarithms, "Sub") ? spread(graph, logarithms.getInput(1)) : null;
    return sum != null
            && Graph.is(sum, "ReduceLogSumExp")
            && sum.getInput(0).equals(logarithms.getInput(0))
        ? new Normaliser(logarithms.getInput(0), axis(graph, sum), false)
        : null;
  }

  private static @Nullable Normaliser byReciprocal(
      Graph graph, String exponential, String reciprocal) {
    NodeProto one = spread(graph, reciprocal);
    return one != null && Graph.is(one, "Reciprocal")
        ? spelledOut(graph, exponential, one.getInput(0))
        : null;
  }

  private static @Nullable Normaliser spelledOut(Graph graph, String numerator, String divisor) {
    NodeProto exponential = graph.maker(numerator);
    NodeProto sum = spread(graph, divisor);
    if (exponential == null
        || sum == null
        || !Graph.is(exponential, "Exp")
        || !Graph.is(sum, "ReduceSum")
        || !sum.getInput(0).equals(numerator)) {
      return null;
    }
    NodeProto difference = graph.maker(exponential.getInput(0));
    boolean shifted = difference != null && Graph.is(difference, "Sub");
    NodeProto maximum =
        shifted && difference != null ? spread(graph, difference.getInput(1)) : null;
    boolean byMaximum = maximum != null && Graph.is(maximum, "ReduceMax");
    return new Normaliser(
        byMaximum && difference != null ? difference.getInput(0) : exponential.getInput(0),
        axis(graph, sum),
        false);
  }

  /**
   * What a value is spread from over other sizes: a sum or a largest score, one for each row. JAX
   * also bounds the largest score from below.
   */
  private static @Nullable NodeProto spread(Graph graph, String value) {
    NodeProto node = graph.maker(value);
    while (node != null
        && (Graph.is(node, "Identity", "StopGradient", "Expand", "Reshape", "Unsqueeze", "Cast")
            || Graph.is(node, "Max"))) {
      int input =
          Graph.is(node, "Max") && !graph.isData(node.getInput(0)) && node.getInputCount() == 2
              ? 1
              : 0;
      node = graph.maker(node.getInput(input));
    }
    return node;
  }

  /** The one axis that a node reduces; the last where the file does not say. */
  private static long axis(Graph graph, NodeProto reduction) {
    AttributeProto attribute = Graph.attribute(reduction, "axes");
    if (attribute != null && attribute.getIntsCount() == 1) {
      return attribute.getInts(0);
    }
    TensorProto axes = graph.constant(Graph.input(reduction, 1));
    double[] numbers = axes == null ? new double[0] : Constants.doubles(axes);
    return numbers.length == 1 ? (long) numbers[0] : -1;
  }
}
