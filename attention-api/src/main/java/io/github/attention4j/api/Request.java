package io.github.attention4j.api;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A mechanism and what to capture: everything a provider needs to prepare an [Attention].
///
/// Shapes are not part of it: one prepared attention serves any batch and length its parameters
/// allow.
///
/// @param mechanism what to compute
/// @param captures what to return besides the output
public record Request(Mechanism mechanism, Set<Capture> captures) {
  public Request {
    captures = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(captures));
  }

  /// A request for the output alone.
  public static Request of(Mechanism mechanism) {
    return new Request(mechanism, Set.of());
  }

  /// The same request with more captures.
  public Request capture(Capture... more) {
    Set<Capture> all = new LinkedHashSet<>(captures);
    all.addAll(List.of(more));
    return new Request(mechanism, all);
  }
}
