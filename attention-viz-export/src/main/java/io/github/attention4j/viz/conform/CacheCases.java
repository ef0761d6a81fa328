package io.github.attention4j.viz.conform;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Incremental attention: a layer or a sequence fed in chunks through a session, or a cache the
 * caller keeps.
 */
final class CacheCases {
  private CacheCases() {}

  static Map<String, NdArray> compute(CaseInputs golden, Execution on) {
    if (golden.has("x")) {
      return layer(golden, on);
    }
    return golden.has("chunks")
        ? sequence(golden, on)
        : PairwiseCases.run(golden, on, PairwiseTerms.scaledDot(golden), Normalizer.softmax());
  }

  private static Map<String, NdArray> layer(CaseInputs golden, Execution on) {
    PairwiseTerms terms = terms(golden);
    Network.Builder network = Network.builder("cached layer");
    String x = LayerCases.activations(network, "x", golden);
    String query = LayerCases.linear(network, golden, "query", "Q", x);
    String key =
        append(network, "keys", LayerCases.linear(network, golden, "key", "K", x), golden, "W_K");
    String value =
        append(
            network, "values", LayerCases.linear(network, golden, "value", "V", x), golden, "W_V");
    String attended = LayerCases.attend(network, golden, terms, query, key, value);
    network.output(Result.OUTPUT, LayerCases.linear(network, golden, Result.OUTPUT, "O", attended));
    Tensor input = golden.tensor("x");
    Steps steps =
        run(on, network.build(), Inputs.none().with("x", input), terms, chunks(golden, input));
    return Map.of(Result.OUTPUT, steps.output, Result.WEIGHTS, steps.weights);
  }

  private static String append(
      Network.Builder network, String node, String from, CaseInputs golden, String projection) {
    return network.layer(
        node, new Layer.Append(golden.tensor(projection).shape().intSize(1)), from);
  }

  private static Map<String, NdArray> sequence(CaseInputs golden, Execution on) {
    PairwiseTerms terms = terms(golden);
    int heads = golden.tensor("q").shape().intSize(1);
    Network.Builder network = Network.builder("cached sequence");
    Tensor query = input(network, golden, "q");
    Tensor key = input(network, golden, "k");
    Tensor value = input(network, golden, "v");
    String keys = network.layer("keys", new Layer.Append(key.shape().intSize(2)), "k");
    String values = network.layer("values", new Layer.Append(value.shape().intSize(2)), "v");
    network.output(Result.OUTPUT, LayerCases.attend(network, golden, terms, "q", keys, values));
    Inputs inputs = Inputs.none().with("q", query).with("k", key).with("v", value);
    Steps steps = run(on, network.build(), inputs, terms, chunks(golden, query));
    return Map.of(
        Result.OUTPUT, Rearrange.splitHeads(steps.output, heads), Result.WEIGHTS, steps.weights);
  }

  private static Tensor input(Network.Builder network, CaseInputs golden, String name) {
    Tensor merged = Rearrange.mergeHeads(golden.tensor(name));
    String channels = Long.toString(merged.shape().size(2));
    network.input(name, ElementType.FLOAT32, "batch", "length", channels);
    return merged;
  }

  /** With a cache, the last query of a step stands at the last key. */
  private static PairwiseTerms terms(CaseInputs golden) {
    PairwiseTerms terms =
        PairwiseTerms.of(golden, Inputs.none(), PairwiseTerms.scaledDot(golden), Scope.full());
    return new PairwiseTerms(terms.mechanism().placed(Placement.end()), terms.inputs());
  }

  /** The sizes of the steps; one position each when the case names none. */
  private static long[] chunks(CaseInputs golden, Tensor input) {
    if (golden.has("chunks")) {
      return golden.longs("chunks").toArray();
    }
    long[] ones = new long[input.shape().intSize(1)];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** The joined results of all steps. */
  private record Steps(Tensor output, Tensor weights) {}

  /** Cuts the inputs along their length and feeds them step by step. */
  private static Steps run(
      Execution on, Network network, Inputs inputs, PairwiseTerms terms, long[] chunks) {
    long total = Arrays.stream(chunks).sum();
    List<Tensor> outputs = new ArrayList<>();
    List<Tensor> weights = new ArrayList<>();
    try (Program program = on.compile(network);
        Program.Session session = program.begin()) {
      long past = 0;
      for (long chunk : chunks) {
        Inputs step = terms.inputs();
        for (String name : inputs.names()) {
          step = step.with(name, Rearrange.cut(inputs.tensor(name), 1, past, past + chunk));
        }
        Result result = session.step(step);
        past += chunk;
        outputs.add(result.output());
        weights.add(Rearrange.pad(result.tensor(LayerCases.ATTEND), total));
      }
    }
    return new Steps(Rearrange.join(1, outputs), Rearrange.join(-2, weights));
  }
}
