package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.Map;
import java.util.OptionalDouble;

/// `LinearAttention` of opset 27 as [Recurrent]. Key heads that several query heads share are given
/// to each of them, and of their equal states one is returned.
final class LinearAttentionNode implements NodeMapping {
  @Override
  public Ran run(NodeTest test, NodeProto node, AttentionProvider provider) {
    long heads = NodeTest.integer(node, "q_num_heads", 1);
    long keyHeads = NodeTest.integer(node, "kv_num_heads", 1);
    long groups = heads / keyHeads;
    String rule = NodeTest.text(node, "update_rule", "gated_delta");
    double scale = NodeTest.number(node, "scale", 0);
    Tensor key = Arrange.split(NodeMapping.tensor(test, node, 1), keyHeads);
    Inputs inputs =
        Inputs.of(
            Arrange.split(NodeMapping.tensor(test, node, 0), heads),
            Arrange.repeat(key, groups),
            Arrange.repeat(Arrange.split(NodeMapping.tensor(test, node, 2), keyHeads), groups));
    Tensor state = NodeMapping.optional(test, node, 3);
    if (state != null) {
      inputs = inputs.with("state", Arrange.repeat(state, groups));
    }
    boolean gated = rule.contains("gated");
    boolean delta = rule.contains("delta");
    if (gated) {
      Tensor decay = NodeMapping.tensor(test, node, 4);
      Tensor each = Arrange.repeat(Arrange.split(decay, keyHeads), groups);
      inputs = inputs.with("decay", decay.shape().size(2) == keyHeads ? flat(each) : each);
    }
    if (delta) {
      Tensor beta = NodeMapping.tensor(test, node, 5);
      long betas = beta.shape().size(2);
      inputs = inputs.with("beta", flat(Arrange.repeat(Arrange.split(beta, betas), heads / betas)));
    }
    Recurrent recurrent =
        new Recurrent(gated, delta, scale == 0 ? OptionalDouble.empty() : OptionalDouble.of(scale));
    Executed executed =
        NodeMapping.execute(provider, Request.of(recurrent).capture(Capture.STATE), inputs);
    Result result = executed.result();
    return Ran.of(
        executed.device(),
        node,
        Map.of(0, Arrange.merge(result.output()), 1, first(result.tensor("state"), groups)));
  }

  private static Tensor flat(Tensor each) {
    return each.reshape(each.shape().size(0), each.shape().size(1), each.shape().size(2));
  }

  /** The first of every `groups` heads. */
  private static Tensor first(Tensor state, long groups) {
    long batch = state.shape().size(0);
    long heads = state.shape().size(1) / groups;
    long inner = state.shape().size(2) * state.shape().size(3);
    Tensor part = Tensor.allocate(batch, heads, state.shape().size(2), state.shape().size(3));
    for (long head = 0; head < batch * heads; head++) {
      for (long i = 0; i < inner; i++) {
        part.set(head * inner + i, state.at(head * groups * inner + i));
      }
    }
    return part;
  }
}
