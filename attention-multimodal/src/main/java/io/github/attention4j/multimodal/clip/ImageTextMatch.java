package io.github.attention4j.multimodal.clip;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// How well captions fit one picture, and what of the picture speaks for each.
///
/// @param captions the texts
/// @param logits per caption: the scaled cosine, `logits_per_image`
/// @param probabilities per caption: the softmax of the logits
/// @param contributions `[captions, layers, heads, 1 + patches]`: what each head adds to the logit
///   by looking from the class token at each position; see [DirectContributions]
/// @param look of the picture
public record ImageTextMatch(
    List<String> captions,
    List<Double> logits,
    List<Double> probabilities,
    Tensor contributions,
    ImageView look) {
  /// The name of [#captionMap()].
  public static final String CAPTION_MAP = "caption_patches";

  /// What [#captionMap()] is, with one caption.
  public static final String ABSOLUTE =
      "computed, no attention of the model: positive direct contributions of patches to the"
          + " caption's logit, all layers and heads, as shares";

  /// What [#captionMap()] is, with several.
  public static final String CONTRASTED =
      "computed, no attention of the model: positive direct contributions of patches to the"
          + " caption's logit above the mean of all captions, all layers and heads, as shares";

  public ImageTextMatch {
    captions = List.copyOf(captions);
    logits = List.copyOf(logits);
    probabilities = List.copyOf(probabilities);
  }

  /// The captions' indices, the likeliest first.
  public List<Integer> ranking() {
    return IntStream.range(0, captions.size())
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -probabilities.get(i)))
        .toList();
  }

  /// What the patches add to a caption's logit, summed over layers and heads; with several captions
  /// less the mean of all, which no probability depends on.
  public double[] patches(int caption) {
    double[] patches = sums(caption);
    for (int other = 0; captions.size() > 1 && other < captions.size(); other++) {
      double[] theirs = sums(other);
      for (int patch = 0; patch < patches.length; patch++) {
        patches[patch] -= theirs[patch] / captions.size();
      }
    }
    return patches;
  }

  /// What the patches of all layers and heads together add to a caption's logit.
  public double total(int caption) {
    return java.util.Arrays.stream(sums(caption)).sum();
  }

  /// For each caption the share of each patch in all that speaks for it, `[1, captions, 1 +
  /// patches]`; the class token has none. What speaks against the caption is 0.
  public AttentionMap captionMap() {
    int width = look.labels().size();
    Tensor shares = Tensor.allocate(1, captions.size(), width);
    for (int caption = 0; caption < captions.size(); caption++) {
      double[] patches = patches(caption);
      double sum = java.util.Arrays.stream(patches).map(value -> Math.max(0, value)).sum();
      for (int patch = 0; sum > 0 && patch < patches.length; patch++) {
        shares.set((long) caption * width + patch + 1, (float) (Math.max(0, patches[patch]) / sum));
      }
    }
    return new AttentionMap(
        CAPTION_MAP,
        new MapLabel(MapLabel.Kind.TEXT_TO_VISION, 0),
        shares,
        Labels.tokens(captions),
        look.labels(),
        captions.size() > 1 ? CONTRASTED : ABSOLUTE);
  }

  private double[] sums(int caption) {
    long[] sizes = contributions.shape().toArray();
    int width = Math.toIntExact(sizes[3]);
    double[] sums = new double[width - 1];
    long rows = sizes[1] * sizes[2];
    for (long row = caption * rows; row < (caption + 1) * rows; row++) {
      for (int patch = 1; patch < width; patch++) {
        sums[patch - 1] += contributions.at(row * width + patch);
      }
    }
    return sums;
  }
}
