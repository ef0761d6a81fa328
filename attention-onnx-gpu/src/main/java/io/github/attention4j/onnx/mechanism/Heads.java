package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;

/// Queries, keys and values with heads, for mechanisms other than pairwise ones.
///
/// @param query `[batch, queryHeads, queries, keySize]`
/// @param key `[batch, keyHeads, keys, keySize]`
/// @param value `[batch, keyHeads, keys, valueSize]`
/// @param grouping of query heads over key heads
record Heads(Value query, Value key, Value value, Grouping grouping) {
  /// The same in another type.
  Heads cast(Type type) {
    return new Heads(query.cast(type), key.cast(type), value.cast(type), grouping);
  }

  static Heads of(Sources sources) {
    return of(sources, "queries", "keys");
  }

  /// With the names of the lengths, the same name where they must be equal.
  static Heads of(Sources sources, String queries, String keys) {
    Value query = sources.real(Inputs.QUERY, "batch", "query_heads", queries, "key_size");
    Value key = sources.real(Inputs.KEY, "batch", "key_heads", keys, "key_size");
    Value value = sources.real(Inputs.VALUE, "batch", "key_heads", keys, "value_size");
    return new Heads(query, key, value, new Grouping(query, key, sources.equalHeads()));
  }
}
