package io.github.attention4j.multimodal.clip;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What the text tower made of captions.
///
/// @param captions what it read
/// @param embeds `[captions, projection]`, of length 1
/// @param attentions by layer `[captions, heads, length, length]`
public record TextView(EncodedCaptions captions, Tensor embeds, Map<MapLabel, Tensor> attentions) {
  public TextView {
    attentions = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(attentions));
  }

  /// The maps of one caption, without its padding.
  public List<AttentionMap> maps(int caption) {
    Labels labels = Labels.tokens(captions.tokens().get(caption));
    int length = labels.size();
    List<AttentionMap> maps = new ArrayList<>();
    attentions.forEach((label, all) -> {
      int heads = all.shape().intSize(1);
      int padded = all.shape().intSize(2);
      Tensor weights = Tensor.allocate(Shape.of(heads, length, length));
      for (int row = 0; row < heads * length; row++) {
        long from = (((long) caption * heads + row / length) * padded + row % length) * padded;
        for (int key = 0; key < length; key++) {
          weights.set((long) row * length + key, all.at(from + key));
        }
      }
      maps.add(
          new AttentionMap("text_attentions." + label.layer(), label, weights, labels, labels, ""));
    });
    return maps;
  }
}
