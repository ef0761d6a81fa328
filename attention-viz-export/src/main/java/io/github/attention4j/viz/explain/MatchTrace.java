package io.github.attention4j.viz.explain;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.clip.ImageTextMatch;
import io.github.attention4j.multimodal.clip.TextView;
import io.github.attention4j.viz.analysis.Rollout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A match of one picture with captions as a trace: the maps of the image tower, the patches that
/// speak for each caption, and the maps of the text tower for the likeliest caption.
///
/// @param trace the maps
/// @param arrays `logits_per_image`, `probabilities`, `image_embeds`, `text_embeds`,
///   `class_attention`, `class_rollout` (`[patches]`), `caption_contributions` `[captions, layers,
///   heads, 1 + patches]`, and `text_attentions.N` of all captions `[captions, heads, length,
///   length]`
/// @param rollout how much of each patch reaches the class token
public record MatchTrace(AttentionTrace trace, Map<String, NdArray> arrays, List<Double> rollout) {
  /// Puts the trace together.
  public static MatchTrace of(
      ImageTextMatch match, TextView texts, String image, String model, String device) {
    int best = match.ranking().getFirst();
    List<AttentionMap> maps = new ArrayList<>();
    maps.add(match.captionMap());
    maps.addAll(match.look().maps());
    maps.addAll(texts.maps(best));
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", model);
    facts.put("picture", image);
    facts.put("prediction", match.captions().get(best));
    facts.put("text", match.captions().get(best));
    facts.put("device", device);
    List<Double> rollout = rollout(match);
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    arrays.put("logits_per_image", tensor(match.logits()));
    arrays.put("probabilities", tensor(match.probabilities()));
    arrays.put("image_embeds", match.look().embed());
    arrays.put("text_embeds", texts.embeds());
    arrays.put(
        "class_attention", tensor(Arrays.stream(match.look().classAttention()).boxed().toList()));
    arrays.put("class_rollout", tensor(rollout));
    arrays.put("caption_contributions", match.contributions());
    texts.attentions().forEach((label, map) -> arrays.put("text_attentions." + label.layer(), map));
    return new MatchTrace(new AttentionTrace(maps, facts), arrays, rollout);
  }

  private static List<Double> rollout(ImageTextMatch match) {
    List<double[][]> layers =
        match.look().maps().stream().map(map -> Rollout.augment(map.weights())).toList();
    double[] row = Rollout.of(layers).getLast()[0];
    return Arrays.stream(row, 1, row.length).boxed().toList();
  }

  private static Tensor tensor(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return Tensor.of(floats, floats.length);
  }
}
