package io.github.attention4j.viz.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Longformer's layer: global queries have projections of their own and see every key. */
final class LongformerLayerCases {
  private static final String LOCAL = "local";
  private static final String GLOBAL_ROWS = "global_rows";

  private LongformerLayerCases() {}

  static Map<String, NdArray> compute(CaseInputs golden, Execution on) {
    BooleanTensor global = golden.booleans("global_mask");
    long window = golden.integer("one_sided_window");
    golden.param("output_projection");
    Inputs inputs = Inputs.none().with("x", golden.tensor("x")).with(Inputs.GLOBAL, global);
    Network.Builder network = Network.builder("longformer layer");
    LayerCases.activations(network, "x", golden);
    network.input(Inputs.GLOBAL, ElementType.BOOL, "batch", "length");
    List<Scope> local =
        new ArrayList<>(
            List.of(Scope.window(window, window).or(new Scope.GlobalKeys(Inputs.GLOBAL))));
    List<Scope> everywhere = new ArrayList<>();
    List<String> localExtras = new ArrayList<>(List.of(Inputs.GLOBAL));
    List<String> everywhereExtras = new ArrayList<>();
    if (golden.has(Inputs.LENGTHS)) {
      inputs = inputs.with(Inputs.LENGTHS, golden.longs(Inputs.LENGTHS));
      network.input(Inputs.LENGTHS, ElementType.INT64, "batch");
      local.add(Scope.lengths());
      everywhere.add(Scope.lengths());
      localExtras.add(Inputs.LENGTHS);
      everywhereExtras.add(Inputs.LENGTHS);
    }
    String rows = attend(network, golden, LOCAL, "", local, localExtras);
    String globalRows = attend(network, golden, GLOBAL_ROWS, "g", everywhere, everywhereExtras);
    String chosen = network.layer("choose", new Layer.Choose(), Inputs.GLOBAL, globalRows, rows);
    network.output(Result.OUTPUT, LayerCases.linear(network, golden, "projected", "O", chosen));
    Result result = on.run(network.build(), inputs);
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put(Result.OUTPUT, result.output());
    computed.put(
        Result.WEIGHTS, chooseRows(global, result.tensor(GLOBAL_ROWS), result.tensor(LOCAL)));
    return computed;
  }

  private static String attend(
      Network.Builder network,
      CaseInputs golden,
      String node,
      String suffix,
      List<Scope> scopes,
      List<String> extras) {
    int heads = golden.integer("heads");
    List<String> from = new ArrayList<>();
    for (String projection : List.of("Q", "K", "V")) {
      from.add(
          LayerCases.linear(network, golden, projection + "_" + node, projection + suffix, "x"));
    }
    from.addAll(extras);
    return network.layer(
        node,
        new Layer.Attend(
            heads,
            heads,
            Pairwise.of(PairwiseTerms.scaledDot(golden)).within(PairwiseTerms.all(scopes)),
            extras,
            LayerCases.LABEL),
        from.toArray(String[]::new));
  }

  /** Row by row the weights of the attention that made the output. */
  private static Tensor chooseRows(BooleanTensor global, Tensor whereTrue, Tensor whereFalse) {
    Tensor chosen = Tensor.allocate(whereTrue.shape());
    long heads = chosen.shape().size(1);
    long queries = chosen.shape().size(2);
    long keys = chosen.shape().size(3);
    for (long i = 0; i < chosen.shape().elements(); i++) {
      long query = i / keys % queries;
      long batch = i / (keys * queries * heads);
      chosen.set(i, (global.at(batch * queries + query) ? whereTrue : whereFalse).at(i));
    }
    return chosen;
  }
}
