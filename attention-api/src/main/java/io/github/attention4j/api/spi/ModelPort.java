package io.github.attention4j.api.spi;

import java.util.List;

/// An input or output of a foreign model.
///
/// @param name its name in the file
/// @param type the elements, in the file's terms: `int64`, `float`, `float16`, `bool` …; empty if
///   the file does not say
/// @param axes outermost first: a size such as `768`, a symbol such as `sequence_length`, or `?`;
///   empty for a scalar and where the file does not say
/// @param optional whether a run may leave the input out: it has a default, or is a key/value
///   cache, which then is empty
public record ModelPort(String name, String type, List<String> axes, boolean optional) {
  public ModelPort {
    axes = List.copyOf(axes);
  }
}
