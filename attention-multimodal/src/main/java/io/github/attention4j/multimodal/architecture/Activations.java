package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.Map;
import java.util.TreeMap;

/// The names that configurations give to activation functions.
final class Activations {
  private static final Map<String, Activation> NAMES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("relu", Activation.RELU),
              Map.entry("gelu", Activation.GELU),
              Map.entry("gelu_python", Activation.GELU),
              Map.entry("gelu_new", Activation.GELU_TANH),
              Map.entry("gelu_fast", Activation.GELU_TANH),
              Map.entry("gelu_pytorch_tanh", Activation.GELU_TANH),
              Map.entry("gelu_accurate", Activation.GELU_TANH),
              Map.entry("quick_gelu", Activation.QUICK_GELU),
              Map.entry("silu", Activation.SILU),
              Map.entry("swish", Activation.SILU),
              Map.entry("tanh", Activation.TANH),
              Map.entry("sigmoid", Activation.SIGMOID)));

  private Activations() {}

  /** The function a field names. */
  static Activation read(Config config, String field, String otherwise) {
    return named(config, field, config.text(field, otherwise));
  }

  /** The function of this name, which a field contains. */
  static Activation named(Config config, String field, String name) {
    Activation function = NAMES.get(name);
    if (function == null) {
      throw config.refuse(field, "one of " + NAMES.keySet());
    }
    return function;
  }
}
