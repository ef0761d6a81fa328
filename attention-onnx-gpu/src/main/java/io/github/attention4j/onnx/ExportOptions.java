package io.github.attention4j.onnx;

import io.github.attention4j.onnx.OnnxOptions.Dialect;
import io.github.attention4j.onnx.OnnxOptions.Precision;
import io.github.attention4j.onnx.graph.ModelFile;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Variant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// How models are written.
///
/// The options by name: `opset` (17 to 24), `dialect` (`portable`, `fused`), `dtype` (`float32`,
/// `float16`, `bfloat16`: parameters and arithmetic), `io` (`float32`: inputs and outputs stay
/// float32; `dtype`: they have the type of the arithmetic), `inputs` (names, separated by commas,
/// of optional inputs the model shall read), `rank.INPUT` (the rank of a mask or bias, 4 unless
/// said), `external_threshold` (bytes of parameters above which they go into a second file).
///
/// @param opset of `ai.onnx`
/// @param dialect which operators are used
/// @param precision of parameters and arithmetic
/// @param preciseBoundary whether inputs and outputs have that precision too
/// @param inputs optional inputs the model reads
/// @param ranks of inputs that may have several
/// @param externalThreshold bytes
public record ExportOptions(
    int opset,
    Dialect dialect,
    Precision precision,
    boolean preciseBoundary,
    Set<String> inputs,
    Map<String, Integer> ranks,
    long externalThreshold) {
  /// The operator set of files unless another is asked for: one that many runtimes read.
  public static final int DEFAULT_OPSET = 21;

  private static final String RANK = "rank.";

  public ExportOptions {
    if (opset < Target.OLDEST_OPSET || opset > Target.NEWEST_OPSET) {
      throw new IllegalArgumentException(
          "opset: expected "
              + Target.OLDEST_OPSET
              + " to "
              + Target.NEWEST_OPSET
              + ", got "
              + opset);
    }
    if (externalThreshold < 0) {
      throw new IllegalArgumentException(
          "external_threshold: expected >= 0, got " + externalThreshold);
    }
    inputs = Set.copyOf(inputs);
    ranks = Map.copyOf(ranks);
  }

  /// Reads options by name.
  ///
  /// @throws IllegalArgumentException naming an unknown name or value and what is known
  public static ExportOptions from(Map<String, String> options) {
    int opset = DEFAULT_OPSET;
    Dialect dialect = Dialect.PORTABLE;
    Precision precision = Precision.FLOAT32;
    boolean preciseBoundary = false;
    Set<String> inputs = new HashSet<>();
    Map<String, Integer> ranks = new TreeMap<>();
    long externalThreshold = ModelFile.LARGEST_MESSAGE;
    for (Map.Entry<String, String> option : options.entrySet()) {
      String key = option.getKey();
      String value = option.getValue();
      if (key.startsWith(RANK)) {
        ranks.put(key.substring(RANK.length()), rank(key, value));
        continue;
      }
      switch (key) {
        case "opset" -> opset = OnnxOptions.number(key, value);
        case "dialect" -> dialect = OnnxOptions.choice(key, value, Dialect.values());
        case "dtype" -> precision = OnnxOptions.choice(key, value, Precision.values());
        case "io" -> {
          if (!value.equals("float32") && !value.equals("dtype")) {
            throw new IllegalArgumentException(
                "io: expected one of [float32, dtype], got '" + value + "'");
          }
          preciseBoundary = value.equals("dtype");
        }
        case "inputs" -> inputs.addAll(Arrays.asList(value.split(",", -1)));
        case "external_threshold" -> externalThreshold = OnnxOptions.number(key, value);
        default ->
            throw new IllegalArgumentException(
                "options: expected one of [opset, dialect, dtype, io, inputs, rank.INPUT,"
                    + " external_threshold], got '"
                    + key
                    + "'");
      }
    }
    return new ExportOptions(
        opset, dialect, precision, preciseBoundary, inputs, ranks, externalThreshold);
  }

  private static int rank(String key, String value) {
    if (!value.matches("[1-4]")) {
      throw new IllegalArgumentException(key + ": expected 1 to 4, got '" + value + "'");
    }
    return Integer.parseInt(value);
  }

  Target target() {
    Type real = OnnxOptions.type(precision);
    return new Target(opset, dialect == Dialect.FUSED, real, preciseBoundary ? real : Type.FLOAT);
  }

  Variant variant() {
    return new Variant(inputs, false, ranks);
  }
}
