package io.github.attention4j.api.network;

import io.github.attention4j.api.ElementType;
import java.util.List;

/// A named input of a [Network].
///
/// @param name the input's name
/// @param type the element type
/// @param axes one entry per axis: a name such as `batch`, for a size that may differ from run to
///   run, or a number
public record Port(String name, ElementType type, List<String> axes) {
  public Port {
    axes = List.copyOf(axes);
    if (name.isBlank()) {
      throw new IllegalArgumentException("name: expected a name, got a blank string");
    }
  }
}
