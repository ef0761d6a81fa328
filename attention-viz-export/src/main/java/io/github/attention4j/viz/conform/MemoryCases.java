package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Attention to an external memory. */
final class MemoryCases {
  private MemoryCases() {}

  static Map<String, NdArray> ntmAddressing(CaseInputs golden, Execution on) {
    Inputs inputs =
        Inputs.none()
            .with("memory", golden.tensor("memory"))
            .with("query", golden.tensor("key"))
            .with("previous", golden.tensor("w_prev"));
    for (String name : List.of("beta", "gate", "gamma", "shift")) {
      inputs = inputs.with(name, golden.tensor(name));
    }
    for (String name : List.of("erase", "add")) {
      if (golden.has(name)) {
        inputs = inputs.with(name, golden.tensor(name));
      }
    }
    Map<String, NdArray> computed =
        new LinkedHashMap<>(
            on.run(new Mechanism.NtmAddressing(), inputs, Capture.WEIGHTS, Capture.STAGES)
                .arrays());
    NdArray written = computed.get("memory");
    if (written != null) {
      for (String name :
          List.of("new_memory", "memory_new", "memory_after", "memory_written", "written_memory")) {
        computed.put(name, written);
      }
    }
    return computed;
  }

  static Map<String, NdArray> nearestKeys(CaseInputs golden, Execution on) {
    boolean normalise = golden.flag("normalise_q_and_k");
    Inputs inputs =
        Inputs.of(
                vectors(golden.tensor("q"), normalise, on),
                vectors(golden.tensor("k"), normalise, on),
                golden.tensor("v"))
            .with("memory_key", vectors(golden.tensor("memory_k"), normalise, on))
            .with("memory_value", golden.tensor("memory_v"));
    Mechanism mechanism =
        new Mechanism.NearestKeys(
            golden.integer("top_k"), golden.tensor("gate_bias"), LinearCases.scale(golden));
    return on.run(mechanism, inputs, Capture.WEIGHTS, Capture.STAGES).arrays();
  }

  /** The vectors along the last axis, divided by their lengths on the provider if asked. */
  private static Tensor vectors(Tensor array, boolean normalise, Execution on) {
    if (!normalise) {
      return array;
    }
    Network.Builder network = Network.builder("normalise");
    network.input("x", ElementType.FLOAT32, LayerCases.fixedAxes(array));
    network.output(Result.OUTPUT, network.layer("unit", new Layer.Normalize(), "x"));
    return on.run(network.build(), Inputs.none().with("x", array)).output();
  }

  static Map<String, NdArray> multiHop(CaseInputs golden, Execution on) {
    Inputs inputs =
        Inputs.none()
            .with("query", golden.tensor("u"))
            .with("memory_key", golden.tensor("m"))
            .with("memory_value", golden.tensor("c"));
    Scope scope = Scope.full();
    if (golden.has(Inputs.LENGTHS)) {
      scope = Scope.lengths();
      inputs = inputs.with(Inputs.LENGTHS, golden.longs(Inputs.LENGTHS));
    }
    return on.run(new Mechanism.MultiHop(scope), inputs, Capture.WEIGHTS, Capture.STAGES).arrays();
  }

  static Map<String, NdArray> words(CaseInputs golden, Execution on) {
    boolean layerWise =
        switch (golden.text("tying", "adjacent")) {
          case "adjacent" -> false;
          case "layer-wise", "layer_wise", "layerwise" -> true;
          default -> throw new NotUnderstoodException("parameter tying: " + golden.param("tying"));
        };
    Optional<Tensor> temporal = golden.optionalTensor("temporal");
    if (golden.flag("temporal_encoding") != temporal.isPresent()) {
      throw new NotUnderstoodException(
          "parameter temporal_encoding: expected true exactly when there is a tensor 'temporal'");
    }
    Mechanism mechanism =
        new Mechanism.WordMemory(
            golden.integer("hops"),
            golden.tensor("embeddings"),
            temporal,
            layerWise ? Optional.of(golden.tensor("H")) : Optional.empty(),
            golden.flag("position_encoding"));
    Inputs inputs =
        Inputs.none()
            .with("story", golden.longs("story"))
            .with("question", golden.longs("question"));
    return on.run(mechanism, inputs, Capture.WEIGHTS, Capture.STAGES).arrays();
  }

  static Map<String, NdArray> productKeys(CaseInputs golden, Execution on) {
    Mechanism mechanism =
        new Mechanism.ProductKeys(
            golden.integer("top_k"),
            golden.tensor("keys_1"),
            golden.tensor("keys_2"),
            golden.tensor("values"));
    return on.run(
            mechanism,
            Inputs.none().with(Inputs.QUERY, golden.tensor("q")),
            Capture.WEIGHTS,
            Capture.STAGES)
        .arrays();
  }
}
