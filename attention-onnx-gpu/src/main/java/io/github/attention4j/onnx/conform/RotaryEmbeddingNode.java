package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.Map;

/// `RotaryEmbedding` of opset 23 as [Layer.Rotate]. Tables without position ids have a row for each
/// position of each batch entry; they become one table whose rows are numbered.
final class RotaryEmbeddingNode implements NodeMapping {
  @Override
  public Ran run(NodeTest test, NodeProto node, AttentionProvider provider) {
    Tensor x = NodeMapping.tensor(test, node, 0);
    Tensor cos = NodeMapping.tensor(test, node, 1);
    Tensor sin = NodeMapping.tensor(test, node, 2);
    boolean split = x.shape().rank() == 4;
    int heads =
        split ? x.shape().intSize(1) : Math.toIntExact(NodeTest.integer(node, "num_heads", 0));
    Tensor packed = split ? Arrange.merge(x) : x;
    long batch = packed.shape().size(0);
    long length = packed.shape().size(1);
    LongTensor positions;
    if (test.input(node, 3) instanceof LongTensor given) {
      positions = given;
    } else {
      positions = LongTensor.allocate(batch, length);
      for (long i = 0; i < batch * length; i++) {
        positions.set(i, i);
      }
    }
    long pairs = cos.shape().size(-1);
    Layer.Rotate rotate =
        new Layer.Rotate(
            heads,
            NodeTest.integer(node, "interleaved", 0) != 0,
            cos.reshape(cos.shape().elements() / pairs, pairs),
            sin.reshape(sin.shape().elements() / pairs, pairs));
    Network.Builder builder = Network.builder("RotaryEmbedding");
    builder.input(
        "x", ElementType.FLOAT32, "batch", "length", Long.toString(packed.shape().size(2)));
    builder.input("positions", ElementType.INT64, "batch", "length");
    Network network =
        builder.output("y", builder.layer("rotated", rotate, "x", "positions")).build();
    Executed executed =
        NodeMapping.execute(
            provider, network, Inputs.none().with("x", packed).with("positions", positions));
    Tensor y = executed.result().tensor("y");
    return Ran.of(executed.device(), node, Map.of(0, split ? Arrange.split(y, heads) : y));
  }
}
