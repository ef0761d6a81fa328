package io.github.attention4j.cpu.network;

/// A compiled layer.
@FunctionalInterface
interface Operation {
  /// Computes the node's value from those it reads.
  ///
  /// @throws IllegalArgumentException if a value does not fit the layer
  Value run(Context context, Value[] from);
}
