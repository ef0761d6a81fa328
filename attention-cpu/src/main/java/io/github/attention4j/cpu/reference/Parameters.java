package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Tensor;
import java.util.IdentityHashMap;

/// The parameters of a network in float64, each converted once.
final class Parameters {
  private final IdentityHashMap<Tensor, DoubleArray> converted = new IdentityHashMap<>();

  synchronized DoubleArray of(Tensor parameter) {
    return converted.computeIfAbsent(parameter, DoubleArray::of);
  }
}
