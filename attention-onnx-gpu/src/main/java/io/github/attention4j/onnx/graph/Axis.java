package io.github.attention4j.onnx.graph;

/// One axis of a graph's input or output.
public sealed interface Axis {
  /// A size that may differ from run to run, the same wherever the name occurs.
  record Named(String name) implements Axis {}

  /// A size the description's parameters fix.
  record Fixed(long size) implements Axis {}

  /// 1, or the size of this name: an axis that is broadcast.
  record OneOr(String name) implements Axis {}

  /// The smaller of a number and the size of this name.
  record AtMost(long limit, String name) implements Axis {}

  /// One less than the size of this name, at least 0.
  record LessOne(String name) implements Axis {}

  /// One more than the size of this name.
  record PlusOne(String name) implements Axis {}

  /// [Named] for text, [Fixed] for a number.
  static Axis of(String text) {
    return text.chars().allMatch(Character::isDigit)
        ? new Fixed(Long.parseLong(text))
        : new Named(text);
  }
}
