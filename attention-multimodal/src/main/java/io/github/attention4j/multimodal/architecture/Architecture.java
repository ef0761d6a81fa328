package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Weights;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A published architecture: turns a checkpoint into a network.
public interface Architecture {
  /// What `config.json` calls it as `model_type`.
  String modelType();

  /// The inputs a run can have, each with what it is; those without which nothing runs come first.
  List<Input> inputs(Config config);

  /// The network that computes everything the given inputs determine. Outputs and attention layers
  /// are named as the published implementation names its results: `logits`, `hidden_states.0`,
  /// `attentions.0` …
  ///
  /// @param given the names of the inputs a run will have
  /// @throws IllegalArgumentException if the configuration asks for something that is not built, or
  ///   a tensor is missing or mis-shaped
  Network network(Config config, Weights weights, Set<String> given);

  /// Published results that are functions of parameters and lengths alone, such as T5's position
  /// biases: no network computes them.
  default Map<String, Tensor> tables(Network network, Inputs inputs) {
    return Map.of();
  }

  /// An input.
  ///
  /// @param name as published
  /// @param required whether there is no run without it
  /// @param meaning type, shape and what it says
  record Input(String name, boolean required, String meaning) {}
}
