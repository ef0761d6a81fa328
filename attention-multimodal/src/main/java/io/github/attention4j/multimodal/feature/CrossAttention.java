package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import java.util.List;
import java.util.Optional;

/// Multi-head attention of one sequence to another, each with features of its own size: $o = W_o\,
/// \text{concat}_h(\text{softmax}(\frac{Q_h K_h^\top}{\sqrt{d}}) V_h) + b_o$ with $Q = W_q x + b_q$
/// and $K$, $V$ likewise of the context.
///
/// A sample whose context is all padding gives $b_o$.
///
/// Source: Vaswani et al. 2017 (arXiv:1706.03762), section 3.2.
///
/// @param heads divides the channels of queries, keys and values
/// @param query $W_q$, `[channels, query features]`
/// @param key $W_k$, `[channels, context features]`
/// @param value $W_v$, `[value channels, context features]`
/// @param output $W_o$, `[out, value channels]`
public record CrossAttention(
    int heads, Layer.Linear query, Layer.Linear key, Layer.Linear value, Layer.Linear output) {
  /// What attends: float32 `[batch, queries, features]`.
  public static final String QUERIES = "queries";

  /// What is attended to: float32 `[batch, keys, features]`.
  public static final String CONTEXT = "context";

  /// Which of it is there: int64 `[batch, keys]`, 0 for padding.
  public static final String CONTEXT_MASK = "context_mask";

  /// The result: float32 `[batch, queries, out]`.
  public static final String OUTPUT = "output";

  /// The name of the map.
  public static final String ATTENTION = "attention";

  public CrossAttention {
    expect("key", "channels of query", out(query), out(key));
    expect("value", "features of key", in(key), in(value));
    expect("output", "channels of value", out(value), in(output));
    if (heads < 1 || out(query) % heads != 0 || out(value) % heads != 0) {
      throw new IllegalArgumentException(
          "heads: expected a divisor of " + out(query) + " and " + out(value) + ", got " + heads);
    }
  }

  private static void expect(String name, String what, long expected, long actual) {
    if (expected != actual) {
      throw new IllegalArgumentException(
          name + ": expected " + what + ", " + expected + ", got " + actual);
    }
  }

  private static long in(Layer.Linear layer) {
    return layer.weight().shape().size(1);
  }

  private static long out(Layer.Linear layer) {
    return layer.weight().shape().size(0);
  }

  /// With parameters before training.
  ///
  /// @param seed same seed, same parameters
  public static CrossAttention random(
      int queryFeatures, int contextFeatures, int channels, int heads, long seed) {
    RandomParameters parameters = new RandomParameters(seed);
    return new CrossAttention(
        heads,
        parameters.linear(queryFeatures, channels),
        parameters.linear(contextFeatures, channels),
        parameters.linear(contextFeatures, channels),
        parameters.linear(channels, queryFeatures));
  }

  /// The features of what attends.
  public int queryFeatures() {
    return Math.toIntExact(in(query));
  }

  /// The features of what is attended to.
  public int contextFeatures() {
    return Math.toIntExact(in(key));
  }

  /// The features of the result.
  public int outputFeatures() {
    return Math.toIntExact(out(output));
  }

  /// Adds the block to a network.
  ///
  /// @param map the name of the attention node; the others begin with it
  /// @param keyMask a value of [Layer.KeyMask], if any
  /// @return the name of the result
  public String add(
      Network.Builder network,
      String map,
      MapLabel label,
      String queries,
      String context,
      Optional<String> keyMask) {
    Pairwise mechanism = Pairwise.of(Score.scaledDot());
    String q = network.layer(map + ".query", query, queries);
    String k = network.layer(map + ".key", key, context);
    String v = network.layer(map + ".value", value, context);
    String seen;
    if (keyMask.isPresent()) {
      Pairwise masked = mechanism.within(Scope.mask());
      Layer attend = new Layer.Attend(heads, heads, masked, List.of(Inputs.MASK), label);
      seen = network.layer(map, attend, q, k, v, keyMask.get());
    } else {
      seen =
          network.layer(map, new Layer.Attend(heads, heads, mechanism, List.of(), label), q, k, v);
    }
    return network.layer(map + ".output", output, seen);
  }

  /// The block alone, from [#QUERIES] and [#CONTEXT] to [#OUTPUT], with the map [#ATTENTION].
  ///
  /// @param masked whether there is [#CONTEXT_MASK]
  public Network network(boolean masked) {
    Network.Builder network = Network.builder("cross_attention");
    String batch = "batch";
    network.input(
        QUERIES, ElementType.FLOAT32, batch, "queries", Integer.toString(queryFeatures()));
    network.input(CONTEXT, ElementType.FLOAT32, batch, "keys", Integer.toString(contextFeatures()));
    Optional<String> mask = Optional.empty();
    if (masked) {
      network.input(CONTEXT_MASK, ElementType.INT64, batch, "keys");
      mask = Optional.of(network.layer("context_keys", new Layer.KeyMask(0), CONTEXT_MASK));
    }
    MapLabel label = new MapLabel(MapLabel.Kind.CROSS, 0);
    return network.output(OUTPUT, add(network, ATTENTION, label, QUERIES, CONTEXT, mask)).build();
  }
}
