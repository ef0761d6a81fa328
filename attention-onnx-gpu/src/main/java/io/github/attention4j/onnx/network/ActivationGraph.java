package io.github.attention4j.onnx.network;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.onnx.graph.Attributes;
import io.github.attention4j.onnx.graph.Value;
import java.util.List;

/// [Activation]s as operators; formulas stand there.
final class ActivationGraph {
  private ActivationGraph() {}

  static Value write(Activation function, Value x) {
    return switch (function) {
      case RELU -> x.graph().node("Relu", x.type(), List.of(x));
      case GELU ->
          x.graph().opset() >= 20
              ? x.graph().node("Gelu", x.type(), List.of(x))
              : erf(x.over(Math.sqrt(2))).plus(1).times(x).times(0.5);
      case GELU_TANH ->
          x.graph().opset() >= 20
              ? x.graph().node("Gelu", x.type(), List.of(x), Attributes.of("approximate", "tanh"))
              : x.square()
                  .times(x)
                  .times(0.044715)
                  .plus(x)
                  .times(Math.sqrt(2 / Math.PI))
                  .tanh()
                  .plus(1)
                  .times(x)
                  .times(0.5);
      case QUICK_GELU -> x.times(x.times(1.702).sigmoid());
      case SILU -> x.times(x.sigmoid());
      case TANH -> x.tanh();
      case SIGMOID -> x.sigmoid();
    };
  }

  private static Value erf(Value x) {
    return x.graph().node("Erf", x.type(), List.of(x));
  }
}
