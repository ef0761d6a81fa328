package io.github.attention4j.api;

import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The provider chosen for a request or a network, and why not the ones before it.
///
/// @param provider the chosen one
/// @param rejected the reasons of those tried before, by provider id, in the order tried
public record Selection(AttentionProvider provider, Map<String, List<String>> rejected) {
  public Selection {
    rejected = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(rejected));
  }

  /// Prepares the request on the chosen provider.
  public Attention prepare(Request request) {
    return provider.prepare(request);
  }

  /// Compiles the network on the chosen provider; see [AttentionProvider#compile].
  public Program compile(Network network, Set<String> maps) {
    return provider.compile(network, maps);
  }
}
