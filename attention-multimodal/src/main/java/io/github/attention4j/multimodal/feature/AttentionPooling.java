package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import java.util.Optional;

/// Learned queries that read a sequence of any length into a fixed number of vectors.
///
/// Source: Lee et al. 2019, Set Transformer (arXiv:1810.00825), section 3.2, "pooling by multihead
/// attention" without its feed-forward layers.
///
/// @param queries `[count, features]`
/// @param attention how they read
public record AttentionPooling(Tensor queries, CrossAttention attention) {
  public AttentionPooling {
    if (queries.shape().rank() != 2
        || queries.shape().size(1) != attention.queryFeatures()
        || queries.shape().size(0) < 1) {
      throw new IllegalArgumentException(
          "queries: expected [count, "
              + attention.queryFeatures()
              + "], got "
              + queries.describe());
    }
  }

  /// With parameters before training.
  public static AttentionPooling random(
      int count, int features, int contextFeatures, int channels, int heads, long seed) {
    return new AttentionPooling(
        new RandomParameters(seed + 1).matrix(count, features),
        CrossAttention.random(features, contextFeatures, channels, heads, seed));
  }

  /// From [CrossAttention#CONTEXT] to [CrossAttention#OUTPUT] `[batch, count, out]`, with the map
  /// [CrossAttention#ATTENTION].
  ///
  /// @param masked whether there is [CrossAttention#CONTEXT_MASK]
  public Network network(boolean masked) {
    Network.Builder network = Network.builder("attention_pooling");
    String features = Integer.toString(attention.contextFeatures());
    String context =
        network.input(CrossAttention.CONTEXT, ElementType.FLOAT32, "batch", "keys", features);
    Optional<String> mask = Optional.empty();
    if (masked) {
      network.input(CrossAttention.CONTEXT_MASK, ElementType.INT64, "batch", "keys");
      mask =
          Optional.of(
              network.layer("context_keys", new Layer.KeyMask(0), CrossAttention.CONTEXT_MASK));
    }
    String learned = network.layer("queries", new Layer.Repeat(queries), context);
    MapLabel label = new MapLabel(MapLabel.Kind.CROSS, 0);
    String map = CrossAttention.ATTENTION;
    return network
        .output(CrossAttention.OUTPUT, attention.add(network, map, label, learned, context, mask))
        .build();
  }
}
