package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Inputs;
import java.util.Map;

/// The inputs of a run in float64: those a network computed without ever rounding them to float32,
/// the others converted.
///
/// @param inputs all inputs as the caller sees them
/// @param exact unrounded values of some of them
record Arguments(Inputs inputs, Map<String, DoubleArray> exact) {
  static Arguments of(Inputs inputs) {
    return new Arguments(inputs, Map.of());
  }

  DoubleArray doubles(String name) {
    DoubleArray unrounded = exact.get(name);
    return unrounded == null ? DoubleArray.of(inputs.tensor(name)) : unrounded;
  }
}
