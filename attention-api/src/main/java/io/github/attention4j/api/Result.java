package io.github.attention4j.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// The arrays a run returned, by name: `output`, and what was captured.
public final class Result {
  /// The output.
  public static final String OUTPUT = "output";

  /// [Capture.Weights].
  public static final String WEIGHTS = "weights";

  /// [Capture.LogSumExp].
  public static final String LOG_SUM_EXP = "log_sum_exp";

  /// The weights of [Capture.TopK].
  public static final String TOP_K_WEIGHTS = "top_k.weights";

  /// The keys of [Capture.TopK].
  public static final String TOP_K_KEYS = "top_k.keys";

  /// [Capture.Pooled].
  public static final String POOLED = "pooled";

  private final Map<String, NdArray> arrays;

  private Result(Map<String, NdArray> arrays) {
    this.arrays = arrays;
  }

  /// A result of these arrays.
  public static Result of(Map<String, ? extends NdArray> arrays) {
    return new Result(Collections.unmodifiableMap(new LinkedHashMap<>(arrays)));
  }

  /// All arrays by name.
  public Map<String, NdArray> arrays() {
    return arrays;
  }

  /// The output.
  public Tensor output() {
    return tensor(OUTPUT);
  }

  /// The captured weights.
  ///
  /// @throws IllegalArgumentException if they were not captured
  public Tensor weights() {
    return tensor(WEIGHTS);
  }

  /// The float32 array of this name.
  ///
  /// @throws IllegalArgumentException if there is none or it has another type
  public Tensor tensor(String name) {
    if (get(name) instanceof Tensor tensor) {
      return tensor;
    }
    throw new IllegalArgumentException(
        name + ": expected " + ElementType.FLOAT32 + ", got " + get(name).describe());
  }

  /// The array of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public NdArray get(String name) {
    NdArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "result: '" + name + "' was not captured, there is " + arrays.keySet());
    }
    return array;
  }

  /// Names with types and shapes.
  @Override
  public String toString() {
    return arrays.toString();
  }
}
