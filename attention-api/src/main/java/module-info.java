/// The vocabulary of attention: what to compute, never how.
///
/// Mechanisms, networks and requests are immutable values. Providers are found by
/// [java.util.ServiceLoader]; this module depends on nothing but the platform.
module io.github.attention4j.api {
  requires static transitive org.jspecify;

  exports io.github.attention4j.api;
  exports io.github.attention4j.api.network;
  exports io.github.attention4j.api.spi;
  exports io.github.attention4j.api.trace;

  uses io.github.attention4j.api.spi.AttentionProvider;
  uses io.github.attention4j.api.spi.MemoryStore;
}
