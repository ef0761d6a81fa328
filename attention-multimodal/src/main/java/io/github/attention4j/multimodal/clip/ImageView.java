package io.github.attention4j.multimodal.clip;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.image.PatchGrid;
import java.util.List;

/// What the image tower made of one picture.
///
/// @param grid where its patches are
/// @param embed `[1, projection]`, of length 1
/// @param maps by layer, the class token first, then the patches
/// @param direct what each position adds to the embedding; for captions
public record ImageView(
    PatchGrid grid, Tensor embed, List<AttentionMap> maps, DirectContributions direct) {
  public ImageView {
    maps = List.copyOf(maps);
  }

  /// The class token and the patches.
  public Labels labels() {
    return maps.getFirst().keys();
  }

  /// How much the class token of the last layer looks at each patch, the mean of its heads; `[rows
  /// * columns]`, without what it looks at itself.
  public double[] classAttention() {
    Tensor weights = maps.getLast().weights();
    int heads = weights.shape().intSize(0);
    double[] mean = new double[grid.count()];
    for (int head = 0; head < heads; head++) {
      for (int patch = 0; patch < mean.length; patch++) {
        mean[patch] += weights.get(head, 0, patch + 1) / heads;
      }
    }
    return mean;
  }
}
