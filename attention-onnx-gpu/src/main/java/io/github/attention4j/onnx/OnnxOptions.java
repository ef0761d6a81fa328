package io.github.attention4j.onnx;

import io.github.attention4j.api.Settings;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Type;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// How the provider `onnx` runs.
///
/// Read from [Settings]: threads and device, and the options `onnx.dialect` (`portable`, `fused`),
/// `onnx.opset` (17 to 24), `onnx.dtype` (`float32`, `float16`, `bfloat16`), `onnx.optimization`
/// (`none`, `basic`, `extended`, `all`) and `onnx.cuda.NAME` for every option of ONNX Runtime's
/// CUDA execution provider, such as `onnx.cuda.sdpa_kernel` or `onnx.cuda.enable_cuda_graph`.
///
/// @param threads of one run; at least 1
/// @param device `auto`, `cpu`, `cuda` or `cuda:N`
/// @param dialect which operators graphs use
/// @param opset of the graphs
/// @param precision of the arithmetic; inputs and outputs stay float32
/// @param optimization how far ONNX Runtime rewrites graphs
/// @param cuda options of the CUDA execution provider by name
public record OnnxOptions(
    int threads,
    String device,
    Dialect dialect,
    int opset,
    Precision precision,
    Optimization optimization,
    Map<String, String> cuda) {
  /// The operator set of graphs that run here unless another is asked for: the newest, so that
  /// attention is one operator where it can be.
  public static final int DEFAULT_OPSET = Target.NEWEST_OPSET;

  private static final String PREFIX = "onnx.";
  private static final String CUDA_PREFIX = "onnx.cuda.";
  private static final String KNOWN =
      "[onnx.dialect, onnx.opset, onnx.dtype, onnx.optimization, onnx.cuda.NAME]";

  public OnnxOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected >= 1, got " + threads);
    }
    if (opset < Target.OLDEST_OPSET || opset > Target.NEWEST_OPSET) {
      throw new IllegalArgumentException(
          "onnx.opset: expected "
              + Target.OLDEST_OPSET
              + " to "
              + Target.NEWEST_OPSET
              + ", got "
              + opset);
    }
    cuda = java.util.Collections.unmodifiableMap(new TreeMap<>(cuda));
  }

  /// Which operators graphs use.
  public enum Dialect {
    /// Only the ONNX standard's.
    PORTABLE,
    /// Also ONNX Runtime's own `com.microsoft` operators, where they compute the same; elsewhere
    /// graphs are those of [#PORTABLE].
    FUSED
  }

  /// The type of the arithmetic.
  public enum Precision {
    /// IEEE binary32.
    FLOAT32,
    /// IEEE binary16.
    FLOAT16,
    /// The upper half of binary32.
    BFLOAT16
  }

  /// How far ONNX Runtime rewrites a graph before it runs it.
  public enum Optimization {
    /// Not at all.
    NONE,
    /// Only what any hardware gains from.
    BASIC,
    /// Also fusions.
    EXTENDED,
    /// Also layouts.
    ALL
  }

  /// Reads settings.
  ///
  /// @throws IllegalArgumentException naming an unknown key or value and what is known
  public static OnnxOptions from(Settings settings) {
    Map<String, String> cuda = new TreeMap<>();
    Dialect dialect = Dialect.PORTABLE;
    int opset = DEFAULT_OPSET;
    Precision precision = Precision.FLOAT32;
    Optimization optimization = Optimization.ALL;
    for (Map.Entry<String, String> option : settings.options().entrySet()) {
      String key = option.getKey();
      String value = option.getValue();
      if (key.startsWith(CUDA_PREFIX)) {
        cuda.put(key.substring(CUDA_PREFIX.length()), value);
        continue;
      }
      switch (key) {
        case "onnx.dialect" -> dialect = choice(key, value, Dialect.values());
        case "onnx.opset" -> opset = number(key, value);
        case "onnx.dtype" -> precision = choice(key, value, Precision.values());
        case "onnx.optimization" -> optimization = choice(key, value, Optimization.values());
        default -> {
          if (key.startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                "settings: expected an option of " + KNOWN + ", got '" + key + "'");
          }
        }
      }
    }
    return new OnnxOptions(
        settings.actualThreads(), settings.device(), dialect, opset, precision, optimization, cuda);
  }

  static int number(String key, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          key + ": expected a whole number, got '" + value + "'", notANumber);
    }
  }

  static <E extends Enum<E>> E choice(String key, String value, E[] all) {
    for (E each : all) {
      if (each.name().toLowerCase(Locale.ROOT).equals(value)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        key
            + ": expected one of "
            + Arrays.stream(all).map(each -> each.name().toLowerCase(Locale.ROOT)).toList()
            + ", got '"
            + value
            + "'");
  }

  static Type type(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> Type.FLOAT;
      case FLOAT16 -> Type.FLOAT16;
      case BFLOAT16 -> Type.BFLOAT16;
    };
  }

  /// For whom graphs that run here are built.
  Target target() {
    return new Target(opset, dialect == Dialect.FUSED, type(precision), Type.FLOAT);
  }
}
