package io.github.attention4j.viz.conform;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Multi-head attention layers with projections: one network each. */
final class LayerCases {
  /** The node whose weights the cases expect. */
  static final String ATTEND = "attend";

  static final MapLabel LABEL = new MapLabel(MapLabel.Kind.ENCODER, 0);

  private LayerCases() {}

  /** Grouped heads are given as a layer or as ready queries, keys and values. */
  static Map<String, NdArray> layerOrHeads(CaseInputs golden, Execution on) {
    return golden.has("x")
        ? attention(golden, on)
        : PairwiseCases.run(golden, on, PairwiseTerms.scaledDot(golden), Normalizer.softmax());
  }

  static Map<String, NdArray> attention(CaseInputs golden, Execution on) {
    PairwiseTerms terms =
        PairwiseTerms.of(golden, Inputs.none(), PairwiseTerms.scaledDot(golden), Scope.full());
    Inputs inputs = terms.inputs().with("x", golden.tensor("x"));
    Network.Builder network = Network.builder("layer");
    String x = activations(network, "x", golden);
    String source = x;
    if (golden.has("memory")) {
      source = activations(network, "memory", golden);
      inputs = inputs.with("memory", golden.tensor("memory"));
    }
    String query = linear(network, golden, "query", "Q", x);
    String key = linear(network, golden, "key", "K", source);
    String value = linear(network, golden, "value", "V", source);
    String attended = attend(network, golden, terms, query, key, value);
    network.output(Result.OUTPUT, linear(network, golden, Result.OUTPUT, "O", attended));
    return named(on.run(network.build(), inputs));
  }

  /** An input {@code [batch, length, channels]} of the network. */
  static String activations(Network.Builder network, String name, CaseInputs golden) {
    String channels = Long.toString(golden.tensor(name).shape().size(-1));
    String length = name.equals("memory") ? "memory_length" : "length";
    return network.input(name, ElementType.FLOAT32, "batch", length, channels);
  }

  /** {@code x W + b} with the tensors of this suffix; without a matrix, {@code x} itself. */
  static String linear(
      Network.Builder network, CaseInputs golden, String node, String suffix, String from) {
    if (!golden.has("W_" + suffix)) {
      return from;
    }
    return network.layer(
        node,
        new Layer.Linear(
            Rearrange.transpose(golden.tensor("W_" + suffix)),
            golden.optionalTensor("b_" + suffix)),
        from);
  }

  /** The attention node, with what its mechanism reads as further inputs of the network. */
  static String attend(
      Network.Builder network,
      CaseInputs golden,
      PairwiseTerms terms,
      String query,
      String key,
      String value) {
    int heads = golden.integer("heads");
    List<String> extras = terms.extras();
    for (String extra : extras) {
      NdArray array = terms.input(extra);
      network.input(extra, array.type(), axes(array, golden.tensor(golden.has("x") ? "x" : "q")));
    }
    List<String> from = new ArrayList<>(List.of(query, key, value));
    from.addAll(extras);
    return network.layer(
        ATTEND,
        new Layer.Attend(
            heads, golden.integer("kv_heads", heads), terms.mechanism(), extras, LABEL),
        from.toArray(String[]::new));
  }

  /** The sizes of a mask, a bias or lengths, and the batch where there is one row per entry. */
  private static String[] axes(NdArray array, Tensor entries) {
    String[] axes = fixedAxes(array);
    boolean perEntry = array.shape().rank() == 4 || array.shape().rank() == 1;
    if (perEntry && array.shape().size(0) == entries.shape().size(0)) {
      axes[0] = "batch";
    }
    return axes;
  }

  static String[] fixedAxes(NdArray array) {
    return Arrays.stream(array.shape().toArray()).mapToObj(Long::toString).toArray(String[]::new);
  }

  /** Output and weights under the names of the cases. */
  static Map<String, NdArray> named(Result result) {
    Map<String, NdArray> named = new java.util.LinkedHashMap<>();
    Stream.of(Result.OUTPUT, ATTEND)
        .forEach(name -> named.put(name.equals(ATTEND) ? Result.WEIGHTS : name, result.get(name)));
    return named;
  }
}
