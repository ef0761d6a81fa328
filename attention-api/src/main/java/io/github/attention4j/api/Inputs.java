package io.github.attention4j.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The arrays of one run, by name; immutable.
///
/// The usual names are constants here; terms of a mechanism that read more (a mask, a bias,
/// lengths) carry the name of the input they read.
public final class Inputs {
  /// Queries.
  public static final String QUERY = "query";

  /// Keys.
  public static final String KEY = "key";

  /// Values.
  public static final String VALUE = "value";

  /// The usual name for [Scope.Mask].
  public static final String MASK = "mask";

  /// The usual name for [Bias.Dense].
  public static final String BIAS = "bias";

  /// The usual name for [Scope.Lengths] and [Placement.EndOfLength].
  public static final String LENGTHS = "lengths";

  /// The usual name for [Scope.Packed].
  public static final String OFFSETS = "offsets";

  /// The usual name for [Scope.GlobalKeys] and [Scope.GlobalQueries].
  public static final String GLOBAL = "global";

  private final Map<String, NdArray> arrays;

  private Inputs(Map<String, NdArray> arrays) {
    this.arrays = arrays;
  }

  /// Queries, keys and values.
  public static Inputs of(Tensor query, Tensor key, Tensor value) {
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    arrays.put(QUERY, query);
    arrays.put(KEY, key);
    arrays.put(VALUE, value);
    return new Inputs(arrays);
  }

  /// Arrays under any names.
  public static Inputs of(Map<String, ? extends NdArray> arrays) {
    return new Inputs(new LinkedHashMap<>(arrays));
  }

  /// No arrays, to start a chain of [#with].
  public static Inputs none() {
    return new Inputs(new LinkedHashMap<>());
  }

  /// The same inputs and one more, replacing any of the same name.
  public Inputs with(String name, NdArray array) {
    Map<String, NdArray> all = new LinkedHashMap<>(arrays);
    all.put(Check.name("name", name), array);
    return new Inputs(all);
  }

  /// The names, in the order given.
  public Set<String> names() {
    return Collections.unmodifiableSet(arrays.keySet());
  }

  /// Whether there is an input of this name.
  public boolean has(String name) {
    return arrays.containsKey(name);
  }

  /// The input of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public NdArray get(String name) {
    NdArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "inputs: expected '" + name + "', got only " + arrays.keySet());
    }
    return array;
  }

  /// The float32 input of this name.
  ///
  /// @throws IllegalArgumentException if there is none or it has another type
  public Tensor tensor(String name) {
    if (get(name) instanceof Tensor tensor) {
      return tensor;
    }
    throw wrongType(name, ElementType.FLOAT32);
  }

  /// The int64 input of this name.
  ///
  /// @throws IllegalArgumentException if there is none or it has another type
  public LongTensor longs(String name) {
    if (get(name) instanceof LongTensor longs) {
      return longs;
    }
    throw wrongType(name, ElementType.INT64);
  }

  /// The bool input of this name.
  ///
  /// @throws IllegalArgumentException if there is none or it has another type
  public BooleanTensor booleans(String name) {
    if (get(name) instanceof BooleanTensor booleans) {
      return booleans;
    }
    throw wrongType(name, ElementType.BOOL);
  }

  private IllegalArgumentException wrongType(String name, ElementType expected) {
    return new IllegalArgumentException(
        name + ": expected " + expected + ", got " + get(name).describe());
  }

  /// The input of this name, or null.
  public @Nullable NdArray find(String name) {
    return arrays.get(name);
  }

  /// Names with types and shapes.
  @Override
  public String toString() {
    return arrays.toString();
  }
}
