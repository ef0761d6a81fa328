package io.github.attention4j.onnx.graph;

/// For whom a graph is built.
///
/// @param opset of `ai.onnx`, 17 to 24
/// @param fused whether ONNX Runtime's own operators (`com.microsoft`) may be used where they
///   compute the same
/// @param real the type of the arithmetic: [Type#FLOAT], [Type#FLOAT16] or [Type#BFLOAT16]
/// @param boundary the type of real inputs and outputs; where it differs from `real`, the graph
///   casts
public record Target(int opset, boolean fused, Type real, Type boundary) {
  /// The oldest operator set graphs are built for: the first with DFT and LayerNormalization.
  public static final int OLDEST_OPSET = 17;

  /// The newest operator set graphs are built for.
  public static final int NEWEST_OPSET = 24;

  public Target {
    if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
      throw new IllegalArgumentException(
          "opset: expected " + OLDEST_OPSET + " to " + NEWEST_OPSET + ", got " + opset);
    }
  }
}
