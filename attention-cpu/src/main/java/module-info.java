import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.reference.ReferenceProvider;

/// Attention in pure Java. Nothing is exported: providers are found by [java.util.ServiceLoader].
module io.github.attention4j.cpu {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires jdk.incubator.vector;

  provides AttentionProvider with
      ReferenceProvider;
}
