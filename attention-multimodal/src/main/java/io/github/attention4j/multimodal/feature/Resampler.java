package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Latent vectors that read a sequence again and again: norm, cross-attention and feed-forward with
/// residual sums, step by step.
///
/// Keys are the sequence's alone, as in the Perceiver; Flamingo's resampler adds the latents to
/// them.
///
/// Source: Jaegle et al. 2021, Perceiver (arXiv:2103.03206), section 3.1.
///
/// @param latents `[count, features]`
/// @param steps at least one
public record Resampler(Tensor latents, List<Step> steps) {
  /// One step.
  ///
  /// @param latentNorm of the latents before they look
  /// @param contextNorm of the sequence before it is looked at
  /// @param look gives features of the latents' size
  /// @param innerNorm before the feed-forward layer
  /// @param inner its first matrix
  /// @param outer its second, after GELU
  public record Step(
      Layer.LayerNorm latentNorm,
      Layer.LayerNorm contextNorm,
      CrossAttention look,
      Layer.LayerNorm innerNorm,
      Layer.Linear inner,
      Layer.Linear outer) {}

  public Resampler {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("steps: expected at least one, got none");
    }
    for (Step step : steps) {
      if (latents.shape().rank() != 2
          || latents.shape().size(1) != step.look().queryFeatures()
          || latents.shape().size(1) != step.look().outputFeatures()) {
        throw new IllegalArgumentException(
            "latents: expected [count, features] of the size that steps read and give, "
                + step.look().queryFeatures()
                + ", got "
                + latents.describe());
      }
    }
  }

  /// With parameters before training.
  public static Resampler random(
      int count, int features, int contextFeatures, int channels, int heads, int steps, long seed) {
    List<Step> all = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      RandomParameters parameters = new RandomParameters(seed + 2L * i + 1);
      all.add(
          new Step(
              parameters.norm(features),
              parameters.norm(contextFeatures),
              CrossAttention.random(features, contextFeatures, channels, heads, seed + 2L * i),
              parameters.norm(features),
              parameters.linear(features, 4 * features),
              parameters.linear(4 * features, features)));
    }
    return new Resampler(new RandomParameters(seed).matrix(count, features), all);
  }

  /// From [CrossAttention#CONTEXT] to [CrossAttention#OUTPUT] `[batch, count, features]`, with the
  /// maps `attention.0`, `attention.1` …
  ///
  /// @param masked whether there is [CrossAttention#CONTEXT_MASK]
  public Network network(boolean masked) {
    Network.Builder network = Network.builder("resampler");
    String features = Integer.toString(steps.getFirst().look().contextFeatures());
    String context =
        network.input(CrossAttention.CONTEXT, ElementType.FLOAT32, "batch", "keys", features);
    Optional<String> mask = Optional.empty();
    if (masked) {
      network.input(CrossAttention.CONTEXT_MASK, ElementType.INT64, "batch", "keys");
      mask =
          Optional.of(
              network.layer("context_keys", new Layer.KeyMask(0), CrossAttention.CONTEXT_MASK));
    }
    String x = network.layer("latents", new Layer.Repeat(latents), context);
    for (int i = 0; i < steps.size(); i++) {
      x = add(network, i, steps.get(i), x, context, mask);
    }
    return network.output(CrossAttention.OUTPUT, x).build();
  }

  private static String add(
      Network.Builder network,
      int index,
      Step step,
      String from,
      String context,
      Optional<String> mask) {
    String map = CrossAttention.ATTENTION + "." + index;
    String read = network.layer(map + ".context", step.contextNorm(), context);
    String y = network.layer(map + ".norm", step.latentNorm(), from);
    MapLabel label = new MapLabel(MapLabel.Kind.CROSS, index);
    y = step.look().add(network, map, label, y, read, mask);
    String x = network.layer(map + ".sum", new Layer.Add(), from, y);
    y = network.layer(map + ".inner_norm", step.innerNorm(), x);
    y = network.layer(map + ".inner", step.inner(), y);
    y = network.layer(map + ".gelu", new Layer.Activate(Activation.GELU), y);
    y = network.layer(map + ".outer", step.outer(), y);
    return network.layer(map + ".result", new Layer.Add(), x, y);
  }
}
