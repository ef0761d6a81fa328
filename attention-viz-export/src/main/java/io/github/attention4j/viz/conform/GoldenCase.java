package io.github.attention4j.viz.conform;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.attention4j.api.NdArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// One golden case: inputs and what must come out.
///
/// @param name of the case: its folder
/// @param mechanism the family, as `case.json` names it
/// @param params the parameters of the case
/// @param masks what the masks of the case mean, by name
/// @param inputs the input arrays by name
/// @param expected the expected arrays by name, without the prefix `expected.`
/// @param tolerance absolute and relative, for float32 results
/// @param optional whether an implementation may decline it
public record GoldenCase(
    String name,
    String mechanism,
    JsonNode params,
    JsonNode masks,
    Map<String, NdArray> inputs,
    Map<String, Expected> expected,
    double tolerance,
    boolean optional) {
  /// Results of which at least the first that the case has must be there.
  private static final String[] MAIN = {"output", "output_rows", "weights", "path", "entropy"};

  public GoldenCase {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    expected = Collections.unmodifiableMap(new LinkedHashMap<>(expected));
    if (expected.isEmpty()) {
      throw new IllegalArgumentException(
          "case " + name + ": expected tensors named 'expected.*', got " + inputs.keySet());
    }
  }

  /// The expected array without which a result says nothing about the case.
  public String mainResult() {
    for (String candidate : MAIN) {
      if (expected.containsKey(candidate)) {
        return candidate;
      }
    }
    return expected.keySet().stream().sorted().findFirst().orElseThrow();
  }

  /// Whether the case expects gradients.
  public boolean expectsGradients() {
    return expected.keySet().stream().anyMatch(result -> result.startsWith("grad."));
  }
}
