package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.spi.InspectedModel.Refusal;
import io.github.attention4j.onnx.inspect.Found.Fused;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds attention that is one operator. */
final class FusedFinder {
  private final Graph graph;
  private final List<Refusal> refusals = new ArrayList<>();

  FusedFinder(Graph graph) {
    this.graph = graph;
  }

  /// What [#find] met that cannot be shown.
  List<Refusal> refusals() {
    return refusals;
  }

  /// The attention that this node is, or null.
  @Nullable Fused find(int index) {
    NodeProto node = graph.node(index);
    if (!isAttention(node)) {
      return null;
    }
    String reason = reason(node);
    if (!reason.isEmpty()) {
      refusals.add(new Refusal(graph.name(index), Graph.operator(node), reason));
      return null;
    }
    String keys = Graph.isMicrosoft(node, "Attention", "QAttention") ? "" : Graph.input(node, 1);
    return new Fused(index, node.getInput(0), keys.isEmpty() ? node.getInput(0) : keys);
  }

  private static boolean isAttention(NodeProto node) {
    return Graph.is(node, "Attention", "FlexAttention")
        || Graph.isMicrosoft(
            node,
            "Attention",
            "QAttention",
            "MultiHeadAttention",
            "GroupQueryAttention",
            "DecoderAttention",
            "DecoderMaskedMultiHeadAttention",
            "DecoderMaskedSelfAttention",
            "LongformerAttention",
            "PackedAttention",
            "PackedMultiHeadAttention",
            "PagedAttention",
            "QOrderedAttention",
            "QOrderedLongformerAttention",
            "SparseAttention");
  }

  private static String reason(NodeProto node) {
    if (Graph.is(node, "Attention")
        || Graph.isMicrosoft(node, "MultiHeadAttention", "GroupQueryAttention")) {
      return "";
    }
    if (Graph.isMicrosoft(node, "Attention", "QAttention")) {
      if (Graph.integer(node, "do_rotary", 0) != 0) {
        return "it rotates queries and keys inside, which is not recomputed";
      }
      return Graph.integer(node, "past_present_share_buffer", 0) != 0
          ? "its key/value cache shares one buffer, which is not recomputed"
          : "";
    }
    return "this operator keeps its probabilities to itself, and they are not recomputed";
  }
}
