package io.github.attention4j.onnx.runtime;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Signature;
import io.github.attention4j.onnx.graph.Signature.Limit;
import io.github.attention4j.onnx.graph.Signature.Slot;
import io.github.attention4j.onnx.graph.Type;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The inputs of one run, checked against a signature: names, types, ranks, and that axes of one
/// name have one size.
final class Binding {
  private static final long UNKNOWN = -1;
  private static final List<Axis> BATCH = List.of(new Axis.Named("batch"));

  private final Signature signature;
  private final Map<String, NdArray> inputs = new LinkedHashMap<>();
  private final Map<String, Limit> sizes = new HashMap<>();

  /// @throws IllegalArgumentException naming the input, what was expected and what came
  Binding(Signature signature, Inputs given) {
    this(signature, given, Set.of());
  }

  /// @param elsewhere inputs that come from elsewhere and are not checked
  /// @throws IllegalArgumentException naming the input, what was expected and what came
  Binding(Signature signature, Inputs given, Set<String> elsewhere) {
    this.signature = signature;
    sizes.putAll(signature.fixed());
    boolean broadcast = false;
    for (Slot slot : signature.inputs()) {
      if (elsewhere.contains(slot.name())) {
        continue;
      }
      NdArray array = get(given, slot);
      inputs.put(slot.name(), array);
      if (slot.broadcast()) {
        broadcast = true;
      } else {
        bind(slot, array);
      }
    }
    if (broadcast) {
      for (Slot slot : signature.inputs()) {
        if (slot.broadcast()) {
          bindBroadcast(slot, get(given, slot));
        }
      }
    }
    checkHeads();
    checkLengths();
  }

  /// Whole numbers that have only the axis of the batch say how many keys each entry has.
  private void checkLengths() {
    for (Slot slot : signature.inputs()) {
      if (slot.type() == Type.INT64
          && slot.axes().equals(BATCH)
          && inputs.get(slot.name()) instanceof LongTensor lengths) {
        long keys = size("keys", Long.MAX_VALUE);
        for (long i = 0; i < lengths.shape().elements(); i++) {
          if (lengths.at(i) < 0 || lengths.at(i) > keys) {
            throw new IllegalArgumentException(
                slot.name() + ": expected 0 to " + keys + " at [" + i + "], got " + lengths.at(i));
          }
        }
      }
    }
  }

  private static NdArray get(Inputs given, Slot slot) {
    return switch (slot.type()) {
      case INT64 -> given.longs(slot.name());
      case BOOL -> given.booleans(slot.name());
      default -> given.tensor(slot.name());
    };
  }

  private void bind(Slot slot, NdArray array) {
    List<Axis> axes = slot.axes();
    if (array.shape().rank() != axes.size()) {
      throw new IllegalArgumentException(
          slot.name() + ": expected " + describe(slot) + ", got " + array.describe());
    }
    for (int i = 0; i < axes.size(); i++) {
      long size = array.shape().size(i);
      if (axes.get(i) instanceof Axis.Named(var name)) {
        Limit known = sizes.get(name);
        if (known == null) {
          sizes.put(name, new Limit(size, slot.name()));
        } else if (known.size() != size) {
          throw new IllegalArgumentException(
              slot.name()
                  + ": expected "
                  + name
                  + " "
                  + known.size()
                  + " (axis "
                  + i
                  + ") as "
                  + known.parameter()
                  + ", got "
                  + array.describe());
        }
      } else if (axes.get(i) instanceof Axis.PlusOne(var name)
          && size(name, size - 1) + 1 != size) {
        throw new IllegalArgumentException(
            slot.name() + ": expected " + describe(slot) + ", got " + array.describe());
      } else if (axes.get(i) instanceof Axis.Fixed(var fixed) && fixed != size) {
        throw new IllegalArgumentException(
            slot.name() + ": expected " + describe(slot) + ", got " + array.describe());
      }
    }
  }

  private void bindBroadcast(Slot slot, NdArray array) {
    int rank = array.shape().rank();
    int missing = slot.axes().size() - rank;
    boolean fits = missing >= 0;
    for (int i = 0; fits && i < rank; i++) {
      long size = array.shape().size(i);
      Axis.OneOr axis = (Axis.OneOr) slot.axes().get(missing + i);
      fits = size == 1 || size == size(axis.name(), size);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          slot.name()
              + ": expected a shape that is broadcast from the right to "
              + slot.axes().stream().map(axis -> named(((Axis.OneOr) axis).name())).toList()
              + ", got "
              + array.describe());
    }
  }

  private void checkHeads() {
    long queryHeads = size("query_heads", UNKNOWN);
    long keyHeads = size("key_heads", UNKNOWN);
    if (queryHeads != UNKNOWN
        && keyHeads != UNKNOWN
        && (keyHeads < 1 || queryHeads < keyHeads || queryHeads % keyHeads != 0)) {
      throw new IllegalArgumentException(
          "key: expected a number of heads that divides the "
              + queryHeads
              + " of query, got "
              + keyHeads);
    }
    if (size("key_size", 1) < 1) {
      throw new IllegalArgumentException("key: expected key_size >= 1, got 0");
    }
  }

  private String describe(Slot slot) {
    return slot.type().name().toLowerCase(java.util.Locale.ROOT).replaceAll("^float$", "float32")
        + " "
        + slot.axes().stream()
            .map(axis ->
                switch (axis) {
                  case Axis.Named(var name) -> named(name);
                  case Axis.Fixed(var size) -> Long.toString(size);
                  case Axis.OneOr(var name) -> "1 or " + name;
                  case Axis.AtMost(var limit, var name) -> "at most " + limit + " of " + name;
                  case Axis.LessOne(var name) -> named(name) + " - 1";
                  case Axis.PlusOne(var name) -> named(name) + " + 1";
                })
            .toList();
  }

  private String named(String name) {
    Limit known = sizes.get(name);
    return known == null ? name : name + " " + known.size();
  }

  private long size(String name, long unless) {
    Limit known = sizes.get(name);
    return known == null ? unless : known.size();
  }

  /// The inputs by name.
  Map<String, NdArray> inputs() {
    return inputs;
  }

  /// Whether an input has no elements.
  boolean hasEmptyInput() {
    for (NdArray array : inputs.values()) {
      if (array.shape().elements() == 0) {
        return true;
      }
    }
    return false;
  }

  /// New arrays for the outputs.
  Map<String, NdArray> allocate() {
    Map<String, NdArray> outputs = new LinkedHashMap<>();
    for (Slot slot : signature.outputs()) {
      Shape shape = shape(slot);
      outputs.put(
          slot.name(),
          switch (slot.type()) {
            case INT64 -> LongTensor.allocate(shape);
            case BOOL -> BooleanTensor.allocate(shape);
            default -> Tensor.allocate(shape);
          });
    }
    return outputs;
  }

  /// The outputs' places in an earlier result.
  ///
  /// @throws IllegalArgumentException if one is missing or does not fit
  Map<String, NdArray> place(Result into) {
    Map<String, NdArray> outputs = new LinkedHashMap<>();
    for (Slot slot : signature.outputs()) {
      NdArray array = into.get(slot.name());
      Shape expected = shape(slot);
      ElementType type = array.type();
      boolean typed =
          switch (slot.type()) {
            case INT64 -> type == ElementType.INT64;
            case BOOL -> type == ElementType.BOOL;
            default -> type == ElementType.FLOAT32;
          };
      if (!typed || !array.shape().equals(expected)) {
        throw new IllegalArgumentException(
            "into." + slot.name() + ": expected shape " + expected + ", got " + array.describe());
      }
      outputs.put(slot.name(), array);
    }
    return outputs;
  }

  private Shape shape(Slot slot) {
    long[] of = new long[slot.axes().size()];
    for (int i = 0; i < of.length; i++) {
      of[i] =
          switch (slot.axes().get(i)) {
            case Axis.Fixed(var size) -> size;
            case Axis.Named(var name) -> known(slot, name);
            case Axis.OneOr(var name) -> known(slot, name);
            case Axis.AtMost(var limit, var name) -> Math.min(limit, known(slot, name));
            case Axis.LessOne(var name) -> Math.max(known(slot, name) - 1, 0);
            case Axis.PlusOne(var name) -> known(slot, name) + 1;
          };
    }
    return Shape.of(of);
  }

  private long known(Slot slot, String axis) {
    Limit known = sizes.get(axis);
    if (known == null) {
      throw new IllegalStateException("output " + slot.name() + ": no input has axis " + axis);
    }
    return known.size();
  }
}
