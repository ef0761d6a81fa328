package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The Hyena operator alone and with its projections. */
final class HyenaCases {
  private HyenaCases() {}

  static Map<String, NdArray> operator(CaseInputs golden, Execution on) {
    Inputs inputs =
        Inputs.none().with("gates", golden.tensor("gates")).with("value", golden.tensor("v"));
    Mechanism mechanism = new Mechanism.LongConvolution(golden.tensor("filters"));
    Capture[] captures =
        golden.expects("matrix") ? new Capture[] {Capture.WEIGHTS} : new Capture[0];
    Map<String, NdArray> computed =
        new LinkedHashMap<>(on.run(mechanism, inputs, captures).arrays());
    NdArray matrix = computed.remove(Result.WEIGHTS);
    if (matrix != null) {
      computed.put("matrix", matrix);
    }
    return computed;
  }

  static Map<String, NdArray> layer(CaseInputs golden, Execution on) {
    Mechanism.LongConvolution operator = new Mechanism.LongConvolution(golden.tensor("filters"));
    int order = operator.filters().shape().intSize(0);
    int channels = operator.filters().shape().intSize(1);
    Network.Builder network = Network.builder("hyena layer");
    String x = LayerCases.activations(network, "x", golden);
    String wide = LayerCases.linear(network, golden, "wide", "in", x);
    String projected =
        network.layer("short", new Layer.ShortConvolution(golden.tensor("short_filter")), wide);
    List<String> parts = new ArrayList<>();
    for (int n = 0; n <= order; n++) {
      parts.add(
          network.layer(
              "part_" + n, new Layer.Channels(n * channels, (n + 1) * channels), projected));
    }
    String recurrence =
        network.layer("hyena", new Layer.Hyena(operator), parts.toArray(String[]::new));
    network.output("projected", projected);
    network.output(Result.OUTPUT, LayerCases.linear(network, golden, "narrow", "out", recurrence));
    return on.run(network.build(), Inputs.none().with("x", golden.tensor("x"))).arrays();
  }
}
