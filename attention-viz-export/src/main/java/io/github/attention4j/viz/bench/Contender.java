package io.github.attention4j.viz.bench;

import java.util.function.Function;

/// A mechanism in the comparison.
///
/// @param name of the mechanism and its parameters
/// @param family what kind it is
/// @param target what its output is compared with
/// @param work the request and its inputs, made of a sequence
record Contender(String name, Family family, Target target, Function<Sequence, Work> work) {
  /// Which exact softmax attention an output is compared with.
  enum Target {
    /// Over all keys.
    ALL,
    /// Over the keys up to the query.
    CAUSAL,
    /// None: the output is of another kind, or depends on parameters that must be learned.
    NONE
  }
}
