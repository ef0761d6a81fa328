package io.github.attention4j.api;

/** Argument checks with messages that name the argument, what was expected, and what came. */
final class Check {
  private Check() {}

  static void rank(String name, NdArray array, int... ranks) {
    for (int rank : ranks) {
      if (array.shape().rank() == rank) {
        return;
      }
    }
    StringBuilder expected = new StringBuilder();
    for (int rank : ranks) {
      expected.append(expected.isEmpty() ? "" : " or ").append(rank);
    }
    throw new IllegalArgumentException(
        name + ": expected rank " + expected + ", got " + array.describe());
  }

  static void atLeast(String name, long minimum, long actual) {
    if (actual < minimum) {
      throw new IllegalArgumentException(name + ": expected >= " + minimum + ", got " + actual);
    }
  }

  static void finite(String name, double actual) {
    if (!Double.isFinite(actual)) {
      throw new IllegalArgumentException(name + ": expected a finite number, got " + actual);
    }
  }

  static void positive(String name, double actual) {
    if (!(actual > 0) || Double.isInfinite(actual)) {
      throw new IllegalArgumentException(name + ": expected a finite number > 0, got " + actual);
    }
  }

  static String name(String argument, String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException(argument + ": expected a name, got a blank string");
    }
    return value;
  }

  static void equal(String name, String what, long expected, long actual) {
    if (expected != actual) {
      throw new IllegalArgumentException(
          name + ": expected " + what + " " + expected + ", got " + actual);
    }
  }
}
