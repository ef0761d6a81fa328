package io.github.attention4j.onnx.conform;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.onnx.proto.NodeProto;
import java.util.Map;

/// `CausalConvWithState` of opset 27 as [Layer.ShortConvolution] over the state and the input, of
/// which the input's positions are kept.
final class CausalConvolutionNode implements NodeMapping {
  @Override
  public Ran run(NodeTest test, NodeProto node, AttentionProvider provider) {
    Tensor input = NodeMapping.tensor(test, node, 0);
    Tensor weight = NodeMapping.tensor(test, node, 1);
    long batch = input.shape().size(0);
    long channels = input.shape().size(1);
    int taps = weight.shape().intSize(2);
    Tensor past = NodeMapping.optional(test, node, 3);
    Tensor before = past == null ? Tensor.allocate(batch, channels, taps - 1) : past;
    Tensor all = Arrange.transpose(Arrange.join(before, input, 2));
    String activation = NodeTest.text(node, "activation", "none");
    Network.Builder builder = Network.builder("CausalConvWithState");
    builder.input("x", ElementType.FLOAT32, "batch", "length", Long.toString(channels));
    String at = builder.layer("convolution", new Layer.ShortConvolution(filter(weight)), "x");
    Tensor bias = NodeMapping.optional(test, node, 2);
    if (bias != null) {
      at = builder.layer("shifted", new Layer.AddConstant(bias), at);
    }
    if (activation.equals("silu") || activation.equals("swish")) {
      at = builder.layer("activated", new Layer.Activate(Activation.SILU), at);
    } else if (!activation.equals("none")) {
      throw new RefusedException("activation '" + activation + "' is not described");
    }
    Executed executed =
        NodeMapping.execute(
            provider, builder.output("y", at).build(), Inputs.none().with("x", all));
    Tensor y = Arrange.tail(executed.result().tensor("y"), taps - 1L);
    Tensor state = Arrange.tail(all, all.shape().size(1) - (taps - 1));
    return Ran.of(
        executed.device(), node, Map.of(0, Arrange.transpose(y), 1, Arrange.transpose(state)));
  }

  /** `[channels, 1, taps]` oldest first as `[channels, taps]` by lag. */
  private static Tensor filter(Tensor weight) {
    long channels = weight.shape().size(0);
    long taps = weight.shape().size(2);
    Tensor filter = Tensor.allocate(channels, taps);
    for (long c = 0; c < channels; c++) {
      for (long lag = 0; lag < taps; lag++) {
        filter.set(c * taps + lag, weight.at(c * taps + taps - 1 - lag));
      }
    }
    return filter;
  }
}
