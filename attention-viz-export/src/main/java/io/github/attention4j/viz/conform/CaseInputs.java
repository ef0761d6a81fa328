package io.github.attention4j.viz.conform;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The inputs and parameters of a case as a mapping reads them. Remembers what was read, so that a
 * mapping that overlooks something is found out. For one run, by one thread.
 */
final class CaseInputs {
  /** Parameters that say what the data turned out to be. No mapping needs them. */
  private static final Set<String> MEASURED =
      Set.of(
          "max_abs_logit",
          "mean_support",
          "condition_number_of_A",
          "smallest_gap_at_k",
          "trees_enumerated");

  private final GoldenCase golden;
  private final Set<String> read = new HashSet<>();

  CaseInputs(GoldenCase golden) {
    this.golden = golden;
  }

  /** Whether the case has this input tensor. */
  boolean has(String tensor) {
    return golden.inputs().containsKey(tensor);
  }

  /** Whether the case expects this result. */
  boolean expects(String result) {
    return golden.expected().containsKey(result);
  }

  Tensor tensor(String name) {
    if (array(name) instanceof Tensor tensor) {
      return tensor;
    }
    throw wrongType(name, ElementType.FLOAT32);
  }

  LongTensor longs(String name) {
    if (array(name) instanceof LongTensor longs) {
      return longs;
    }
    throw wrongType(name, ElementType.INT64);
  }

  BooleanTensor booleans(String name) {
    if (array(name) instanceof BooleanTensor booleans) {
      return booleans;
    }
    throw wrongType(name, ElementType.BOOL);
  }

  Optional<Tensor> optionalTensor(String name) {
    return has(name) ? Optional.of(tensor(name)) : Optional.empty();
  }

  NdArray array(String name) {
    NdArray array = golden.inputs().get(name);
    if (array == null) {
      throw new NotUnderstoodException(
          "expected a tensor '" + name + "', the case has " + golden.inputs().keySet());
    }
    read.add(name);
    return array;
  }

  private NotUnderstoodException wrongType(String name, ElementType expected) {
    return new NotUnderstoodException(
        "tensor " + name + ": expected " + expected + ", got " + array(name).describe());
  }

  /** The parameter of this name, or null if it is missing or JSON null. */
  @Nullable JsonNode param(String name) {
    read.add(name);
    JsonNode value = golden.params().get(name);
    return value == null || value.isNull() ? null : value;
  }

  int integer(String name) {
    JsonNode value = param(name);
    if (value == null || !value.canConvertToInt() || !value.canConvertToExactIntegral()) {
      throw new NotUnderstoodException("parameter " + name + ": expected an integer, got " + value);
    }
    return value.intValue();
  }

  int integer(String name, int otherwise) {
    return param(name) == null ? otherwise : integer(name);
  }

  /** A list of integers, or one integer alone; empty if the parameter is missing. */
  long[] integers(String name) {
    JsonNode value = param(name);
    if (value == null) {
      return new long[0];
    }
    long[] integers = new long[value.isArray() ? value.size() : 1];
    for (int i = 0; i < integers.length; i++) {
      JsonNode each = value.isArray() ? value.get(i) : value;
      if (!each.canConvertToLong() || !each.canConvertToExactIntegral()) {
        throw new NotUnderstoodException("parameter " + name + ": expected integers, got " + value);
      }
      integers[i] = each.longValue();
    }
    return integers;
  }

  double number(String name, double otherwise) {
    JsonNode value = param(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new NotUnderstoodException("parameter " + name + ": expected a number, got " + value);
    }
    return value.doubleValue();
  }

  boolean flag(String name) {
    JsonNode value = param(name);
    if (value == null) {
      return false;
    }
    if (!value.isBoolean()) {
      throw new NotUnderstoodException("parameter " + name + ": expected a boolean, got " + value);
    }
    return value.booleanValue();
  }

  String text(String name, String otherwise) {
    JsonNode value = param(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw new NotUnderstoodException("parameter " + name + ": expected a text, got " + value);
    }
    return value.textValue();
  }

  /** What `case.json` says the mask of this name means; empty if nothing. */
  String mask(String name) {
    return golden.masks().path(name).asText("");
  }

  /** A parameter that the mapping does not honour must have this neutral value, or be missing. */
  void requireZero(String name) {
    if (number(name, 0) != 0) {
      throw new NotUnderstoodException(
          "parameter " + name + ": expected 0, got " + golden.params().get(name));
    }
  }

  /** Input tensors and parameters that nothing has read. */
  List<String> unread() {
    List<String> names = new ArrayList<>();
    golden.inputs().keySet().stream()
        .filter(name -> !read.contains(name))
        .forEach(name -> names.add("tensor '" + name + "'"));
    golden
        .params()
        .fieldNames()
        .forEachRemaining(name -> {
          if (!read.contains(name) && !MEASURED.contains(name)) {
            names.add("parameter '" + name + "'");
          }
        });
    return names;
  }
}
