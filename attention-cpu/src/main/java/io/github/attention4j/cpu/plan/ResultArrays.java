package io.github.attention4j.cpu.plan;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Collects the arrays a run returns: new ones, or those of an earlier result that the caller wants
/// filled again.
public final class ResultArrays {
  private final @Nullable Result into;
  private final Map<String, NdArray> arrays = new LinkedHashMap<>();

  /// Arrays to fill; new ones where `into` is null.
  public ResultArrays(@Nullable Result into) {
    this.into = into;
  }

  /// The earlier result that is filled again, if there is one.
  public @Nullable Result into() {
    return into;
  }

  /// The float32 array of this name and shape; its contents may be those of an earlier run.
  ///
  /// @throws IllegalArgumentException if there is an earlier result without it or where it has
  ///   another shape
  public Tensor tensor(String name, long... sizes) {
    Shape shape = Shape.of(sizes);
    Tensor array;
    if (into == null) {
      array = Tensor.allocate(shape);
    } else {
      array = into.tensor(name);
      check(name, array, shape);
    }
    arrays.put(name, array);
    return array;
  }

  /// The int64 array of this name and shape; its contents may be those of an earlier run.
  ///
  /// @throws IllegalArgumentException if there is an earlier result without it or where it has
  ///   another type or shape
  public LongTensor longs(String name, long... sizes) {
    Shape shape = Shape.of(sizes);
    LongTensor array;
    if (into == null) {
      array = LongTensor.allocate(shape);
    } else if (into.get(name) instanceof LongTensor earlier) {
      array = earlier;
      check(name, array, shape);
    } else {
      throw new IllegalArgumentException(
          name + ": expected int64 " + shape + ", got " + into.get(name).describe());
    }
    arrays.put(name, array);
    return array;
  }

  private static void check(String name, NdArray array, Shape shape) {
    if (!array.shape().equals(shape)) {
      throw new IllegalArgumentException(
          name + ": expected shape " + shape + ", got " + array.describe());
    }
  }

  /// The result: the caller's own when there was one.
  public Result result() {
    return into == null ? Result.of(arrays) : into;
  }
}
