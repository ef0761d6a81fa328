package io.github.attention4j.multimodal;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.Set;

/// Which provider runs a network.
@FunctionalInterface
public interface Execution {
  /// The provider for this network.
  AttentionProvider choose(Network network);

  /// Always this one; what it cannot run is refused with its reasons.
  static Execution on(AttentionProvider provider) {
    return network -> provider;
  }

  /// The preferred one that can run the network.
  static Execution preferred(AttentionProviders providers) {
    return network -> providers.select(network).provider();
  }

  /// Compiles the network where it is to run.
  ///
  /// @param maps as in [AttentionProvider#compile]
  default Program compile(Network network, Set<String> maps) {
    return choose(network).compile(network, maps);
  }
}
