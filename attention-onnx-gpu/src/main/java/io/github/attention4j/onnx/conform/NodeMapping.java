package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One operator of the standard as a request or network of this project. */
interface NodeMapping {
  /// Runs the node on the provider.
  ///
  /// @throws RefusedException if this project or the provider cannot run it
  Ran run(NodeTest test, NodeProto node, AttentionProvider provider);

  /// The mapping of a node, or null if the operator is none that this project describes.
  static @Nullable NodeMapping of(NodeProto node) {
    if (node.getDomain().equals("ai.onnx.preview") && node.getOpType().equals("FlexAttention")) {
      return new AttentionNode();
    }
    if (!node.getDomain().isEmpty()) {
      return null;
    }
    return switch (node.getOpType()) {
      case "Attention" -> new AttentionNode();
      case "RotaryEmbedding" -> new RotaryEmbeddingNode();
      case "LinearAttention" -> new LinearAttentionNode();
      case "CausalConvWithState" -> new CausalConvolutionNode();
      default -> null;
    };
  }

  /// What a run gave.
  ///
  /// @param device what ran it
  /// @param outputs by the names of the node's outputs
  record Ran(String device, Map<String, NdArray> outputs) {
    /// Outputs by their place in the node.
    static Ran of(String device, NodeProto node, Map<Integer, ? extends NdArray> byPlace) {
      Map<String, NdArray> outputs = new LinkedHashMap<>();
      byPlace.forEach((place, array) -> {
        if (place < node.getOutputCount() && !node.getOutput(place).isEmpty()) {
          outputs.put(node.getOutput(place), array);
        }
      });
      return new Ran(device, outputs);
    }
  }

  /** Thrown where a test cannot be run, with the reason. */
  final class RefusedException extends RuntimeException {
    RefusedException(String reason) {
      super(reason);
    }
  }

  /** What ran a request, and its result. */
  record Executed(String device, Result result) {}

  static Executed execute(AttentionProvider provider, Request request, Inputs inputs) {
    List<String> reasons = provider.unsupported(request);
    if (!reasons.isEmpty()) {
      throw new RefusedException(provider.id() + ": " + String.join("; ", reasons));
    }
    try (Attention attention = provider.prepare(request)) {
      return new Executed(attention.device(), attention.run(inputs));
    }
  }

  static Executed execute(AttentionProvider provider, Network network, Inputs inputs) {
    List<String> reasons = provider.unsupported(network);
    if (!reasons.isEmpty()) {
      throw new RefusedException(provider.id() + ": " + String.join("; ", reasons));
    }
    try (Program program = provider.compile(network, Set.of())) {
      return new Executed(program.device(), program.run(inputs));
    }
  }

  /// The floats fed to an input of the node.
  static Tensor tensor(NodeTest test, NodeProto node, int input) {
    Tensor tensor = optional(test, node, input);
    if (tensor == null) {
      throw new IllegalArgumentException(
          test.folder() + ": expected floats for input " + input + " of " + node.getOpType());
    }
    return tensor;
  }

  static @Nullable Tensor optional(NodeTest test, NodeProto node, int input) {
    return test.input(node, input) instanceof Tensor tensor ? tensor : null;
  }
}
