package io.github.attention4j.onnx.graph;

import io.github.attention4j.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.List;

/// A value in a [Graph], with the operators of ONNX as methods. Operators broadcast as ONNX does;
/// numbers take the type of the value; reductions keep their axes; negative axes count from the
/// last.
///
/// @param graph it belongs to
/// @param name of the value
/// @param type of its elements
public record Value(Graph graph, String name, Type type) {
  /// From here on TopK takes bfloat16.
  private static final int TOP_BFLOAT16_OPSET = 24;

  // Arithmetic.

  public Value plus(Value other) {
    return binary("Add", other);
  }

  public Value plus(double number) {
    return number == 0 ? this : plus(constant(number));
  }

  public Value minus(Value other) {
    return binary("Sub", other);
  }

  public Value minus(double number) {
    return number == 0 ? this : minus(constant(number));
  }

  public Value times(Value other) {
    return binary("Mul", other);
  }

  public Value times(double number) {
    return number == 1 ? this : times(constant(number));
  }

  public Value over(Value other) {
    return binary("Div", other);
  }

  public Value over(double number) {
    return number == 1 ? this : over(constant(number));
  }

  public Value power(Value other) {
    return binary("Pow", other);
  }

  /// The remainder with the sign of the divisor, of whole numbers.
  public Value modulo(Value other) {
    return binary("Mod", other);
  }

  /// The remainder of whole numbers, never negative.
  public Value modulo(long number) {
    return modulo(graph.scalar(number));
  }

  /// The whole part of a division by a positive number, towards minus infinity, of int64.
  public Value floorDivide(long number) {
    return number == 1 ? this : minus(modulo(number)).over(graph.scalar(number));
  }

  public Value matmul(Value other) {
    return binary("MatMul", other);
  }

  public Value min(Value other) {
    return binary("Min", other);
  }

  public Value max(Value other) {
    return binary("Max", other);
  }

  public Value min(double number) {
    return min(constant(number));
  }

  public Value max(double number) {
    return max(constant(number));
  }

  public Value exp() {
    return unary("Exp");
  }

  public Value log() {
    return unary("Log");
  }

  public Value sqrt() {
    return unary("Sqrt");
  }

  public Value abs() {
    return unary("Abs");
  }

  public Value negate() {
    return unary("Neg");
  }

  public Value tanh() {
    return unary("Tanh");
  }

  public Value sigmoid() {
    return unary("Sigmoid");
  }

  public Value sin() {
    return unary("Sin");
  }

  public Value ceil() {
    return unary("Ceil");
  }

  public Value square() {
    return times(this);
  }

  public Value identity() {
    return unary("Identity");
  }

  public Value softmax(int axis) {
    return graph.node("Softmax", type, List.of(this), Attributes.of("axis", axis));
  }

  public Value cumulativeSum(int axis) {
    return graph.node("CumSum", type, List.of(this, graph.scalar(axis)));
  }

  // Reductions.

  public Value sum(long... axes) {
    return graph.node(
        "ReduceSum", type, List.of(this, graph.vector(axes)), Attributes.of("keepdims", 1));
  }

  public Value largest(long... axes) {
    return reduce("ReduceMax", axes);
  }

  public Value mean(long... axes) {
    return reduce("ReduceMean", axes);
  }

  public Value product(long... axes) {
    return reduce("ReduceProd", axes);
  }

  /// The Euclidean norm.
  public Value norm(long... axes) {
    return reduce("ReduceL2", axes);
  }

  private Value reduce(String op, long... axes) {
    return graph.opset() < 18
        ? graph.node(
            op, type, List.of(this), Attributes.list("axes", axes), Attributes.of("keepdims", 1))
        : graph.node(op, type, List.of(this, graph.vector(axes)), Attributes.of("keepdims", 1));
  }

  /// Of bool: whether any along the axes is true.
  public Value any(long... axes) {
    return cast(Type.INT32).largest(axes).cast(Type.BOOL);
  }

  // Comparison and logic.

  public Value less(Value other) {
    return compare("Less", other);
  }

  public Value atMost(Value other) {
    return compare("LessOrEqual", other);
  }

  public Value greater(Value other) {
    return compare("Greater", other);
  }

  public Value atLeast(Value other) {
    return compare("GreaterOrEqual", other);
  }

  public Value same(Value other) {
    return compare("Equal", other);
  }

  public Value less(double number) {
    return less(constant(number));
  }

  public Value atMost(double number) {
    return atMost(constant(number));
  }

  public Value greater(double number) {
    return greater(constant(number));
  }

  public Value atLeast(double number) {
    return atLeast(constant(number));
  }

  public Value same(double number) {
    return same(constant(number));
  }

  public Value and(Value other) {
    return compare("And", other);
  }

  public Value or(Value other) {
    return compare("Or", other);
  }

  public Value not() {
    return graph.node("Not", Type.BOOL, List.of(this));
  }

  /// Of bool: one value where true, another where false.
  public Value choose(Value yes, Value no) {
    return graph.node("Where", yes.type, List.of(this, yes, no));
  }

  /// Of bool: a value where true, a number where false.
  public Value choose(Value yes, double no) {
    return choose(yes, yes.constant(no));
  }

  /// Of bool: a number where true, a value where false.
  public Value choose(double yes, Value no) {
    return choose(no.constant(yes), no);
  }

  /// Of real numbers: whether neither NaN nor infinite. Spelled with an order, which every operator
  /// set has for every type.
  public Value isFinite() {
    return abs().less(Double.POSITIVE_INFINITY);
  }

  // Shape.

  /// The size of one axis, int64 `[1]`.
  public Value size(int axis) {
    return sizes(axis, axis + 1);
  }

  /// The sizes of axes `from` to before `to` (0: to the end), int64.
  public Value sizes(int from, int to) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attributes.of("start", from));
    if (to != 0) {
      attributes.add(Attributes.of("end", to));
    }
    return graph.node(
        "Shape", Type.INT64, List.of(this), attributes.toArray(AttributeProto[]::new));
  }

  /// All sizes.
  public Value shape() {
    return graph.node("Shape", Type.INT64, List.of(this));
  }

  /// The number of elements of axis `axis` as a scalar.
  public Value length(int axis) {
    return size(axis).squeeze(0);
  }

  /// With these sizes, which may be 0.
  public Value reshape(Value sizes) {
    return graph.node("Reshape", type, List.of(this, sizes), Attributes.of("allowzero", 1));
  }

  /// With these sizes joined; see [#reshape(Value)].
  public Value reshape(Value... sizes) {
    return reshape(concat(0, sizes));
  }

  /// With these sizes; 0 keeps an axis, −1 is what remains.
  public Value reshapeKeeping(long... sizes) {
    return graph.node("Reshape", type, List.of(this, graph.vector(sizes)));
  }

  public Value transpose(long... order) {
    return graph.node("Transpose", type, List.of(this), Attributes.list("perm", order));
  }

  /// Of rank 4: the last two axes exchanged.
  public Value swapLast() {
    return transpose(0, 1, 3, 2);
  }

  public Value unsqueeze(long... axes) {
    return graph.node("Unsqueeze", type, List.of(this, graph.vector(axes)));
  }

  public Value squeeze(long... axes) {
    return graph.node("Squeeze", type, List.of(this, graph.vector(axes)));
  }

  public Value expand(Value sizes) {
    return graph.node("Expand", type, List.of(this, sizes));
  }

  /// Elements `from` to before `to` of one axis.
  public Value slice(int axis, long from, long to) {
    return slice(axis, graph.vector(from), graph.vector(to), 1);
  }

  /// Every `step`-th element from `from` of one axis.
  public Value stride(int axis, long from, long step) {
    return slice(axis, graph.vector(from), graph.vector(Long.MAX_VALUE), step);
  }

  /// Elements `from` to before `to` of one axis; both int64 `[1]`.
  public Value slice(int axis, Value from, Value to, long step) {
    return graph.node(
        "Slice", type, List.of(this, from, to, graph.vector(axis), graph.vector(step)));
  }

  public Value gather(Value indices, int axis) {
    return graph.node("Gather", type, List.of(this, indices), Attributes.of("axis", axis));
  }

  public Value gatherElements(Value indices, int axis) {
    return graph.node("GatherElements", type, List.of(this, indices), Attributes.of("axis", axis));
  }

  public Value cast(Type to) {
    return type == to
        ? this
        : graph.node("Cast", to, List.of(this), Attributes.of("to", to.number()));
  }

  /// Joined along an axis.
  public static Value concat(int axis, Value... parts) {
    return parts.length == 1
        ? parts[0]
        : parts[0].graph.node("Concat", parts[0].type, List.of(parts), Attributes.of("axis", axis));
  }

  /// The largest elements along the last axis, best first, equal ones by lower index: values and
  /// int64 indices.
  ///
  /// @param count int64 `[1]`
  public List<Value> top(Value count) {
    if (type == Type.BFLOAT16 && graph.opset() < TOP_BFLOAT16_OPSET) {
      // Every bfloat16 is a float32: the same order, and back without rounding.
      List<Value> wide = cast(Type.FLOAT).top(count);
      return List.of(wide.get(0).cast(type), wide.get(1));
    }
    return graph.node(
        "",
        "TopK",
        List.of(type, Type.INT64),
        List.of(this, count),
        Attributes.of("axis", -1),
        Attributes.of("largest", 1),
        Attributes.of("sorted", 1));
  }

  /// The whole numbers 0 to before this scalar.
  public Value range() {
    return graph.node("Range", type, List.of(constant(0), this, constant(1)));
  }

  /// A number of the same type.
  public Value constant(double number) {
    return graph.scalar(type, number);
  }

  private Value unary(String op) {
    return graph.node(op, type, List.of(this));
  }

  private Value binary(String op, Value other) {
    if (type != other.type) {
      throw new IllegalStateException(op + " of " + this + " and " + other);
    }
    return graph.node(op, type, List.of(this, other));
  }

  private Value compare(String op, Value other) {
    if (type != other.type) {
      throw new IllegalStateException(op + " of " + this + " and " + other);
    }
    return graph.node(op, Type.BOOL, List.of(this, other));
  }

  @Override
  public String toString() {
    return name + " " + type;
  }
}
