package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import java.util.Arrays;

/// Checks of inputs, with messages that name the argument, what was expected, and what came.
public final class Expect {
  /// Stands for a size of an expected shape that may be anything.
  public static final long ANY = -1;

  private Expect() {}

  /// Refuses an array of another shape.
  ///
  /// @param axes what the axes mean, such as `[batch, heads, keys]`
  /// @param sizes the expected sizes; [#ANY] where any will do
  public static void shape(String name, NdArray array, String axes, long... sizes) {
    Shape shape = array.shape();
    boolean fits = shape.rank() == sizes.length;
    for (int axis = 0; fits && axis < sizes.length; axis++) {
      fits = sizes[axis] == ANY || sizes[axis] == shape.size(axis);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          name + ": expected " + axes + " = " + sizes(sizes) + ", got " + array.describe());
    }
  }

  /// Refuses an array of another rank.
  public static void rank(String name, NdArray array, String axes, int rank) {
    if (array.shape().rank() != rank) {
      throw new IllegalArgumentException(name + ": expected " + axes + ", got " + array.describe());
    }
  }

  /// Refuses a number that differs.
  public static void equal(String name, String what, long expected, long actual) {
    if (expected != actual) {
      throw new IllegalArgumentException(
          name + ": expected " + what + " " + expected + ", got " + actual);
    }
  }

  /// Refuses a number below the minimum.
  public static void atLeast(String name, String what, long minimum, long actual) {
    if (actual < minimum) {
      throw new IllegalArgumentException(
          name + ": expected " + what + " >= " + minimum + ", got " + actual);
    }
  }

  /// Refuses a number above the maximum.
  public static void atMost(String name, String what, long maximum, long actual) {
    if (actual > maximum) {
      throw new IllegalArgumentException(
          name + ": expected " + what + " <= " + maximum + ", got " + actual);
    }
  }

  /// Refuses head counts that do not group: every key head serves the same number of query heads.
  public static void grouped(long queryHeads, long keyHeads) {
    if (keyHeads < 1 || queryHeads < keyHeads || queryHeads % keyHeads != 0) {
      throw new IllegalArgumentException(
          "key: expected a number of heads that divides the "
              + queryHeads
              + " of query, got "
              + keyHeads);
    }
  }

  private static String sizes(long[] sizes) {
    return Arrays.toString(
        Arrays.stream(sizes).mapToObj(s -> s == ANY ? "any" : Long.toString(s)).toArray());
  }
}
