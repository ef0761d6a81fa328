package io.github.attention4j.onnx.network;

import io.github.attention4j.onnx.graph.Axis;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Value;
import io.github.attention4j.onnx.graph.Variant;
import io.github.attention4j.onnx.mechanism.Sources;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A mechanism's inputs from earlier layers.
///
/// @param inputs by the names the mechanism reads
/// @param heads query heads, or 0 where there are none
/// @param keyHeads key heads, or 0 where there are none
record LayerSources(Map<String, Value> inputs, int heads, int keyHeads) implements Sources {
  @Override
  public boolean equalHeads() {
    return heads == keyHeads;
  }

  @Override
  public Variant.Sizes sizes() {
    return new Variant.Sizes(keyHeads == 0 ? 0 : heads / keyHeads, false, false, false);
  }

  @Override
  public Value get(String name, Type type, Axis... axes) {
    Value value = inputs.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "extras: expected '" + name + "', which the mechanism reads, got " + inputs.keySet());
    }
    return value;
  }

  @Override
  public @Nullable Value find(String name, String... axes) {
    return inputs.get(name);
  }

  @Override
  public void fix(String axis, long size, String parameter) {
    if (axis.equals("query_heads") && size != heads) {
      throw new IllegalArgumentException(parameter + ": expected heads " + heads + ", got " + size);
    }
  }

  @Override
  public int rank(String name, int usual) {
    return usual;
  }
}
