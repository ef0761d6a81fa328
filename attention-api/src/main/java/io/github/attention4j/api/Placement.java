package io.github.attention4j.api;

/// Where the queries stand among the keys: query $i$ has position $p_i = \text{offset} + i$, key
/// $j$ position $j$.
///
/// Causal and window scopes, ALiBi, relative buckets and rotary scores all read this one position.
/// An offset may be negative.
public sealed interface Placement {
  /// A given offset, 0 for the top-left alignment of PyTorch and ONNX.
  ///
  /// @param offset the position of query 0
  record Start(long offset) implements Placement {}

  /// The last query stands at the last key: offset = keys − queries ("bottom right"; with a cache,
  /// the past length).
  record End() implements Placement {}

  /// The last query stands at the last valid key of its own batch entry: offset = lengths\[batch\]
  /// − queries. For caches of a fixed capacity.
  ///
  /// @param lengths the name of an input int64 `[batch]`
  record EndOfLength(String lengths) implements Placement {
    public EndOfLength {
      Check.name("lengths", lengths);
    }
  }

  /// [Start] at 0.
  static Placement start() {
    return new Start(0);
  }

  /// [Start] at `offset`.
  static Placement at(long offset) {
    return new Start(offset);
  }

  /// [End].
  static Placement end() {
    return new End();
  }
}
