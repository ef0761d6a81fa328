package io.github.attention4j.multimodal.example;

import com.google.inject.Guice;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.feature.CrossAttention;
import io.github.attention4j.multimodal.feature.FeatureAttention;
import io.github.attention4j.multimodal.feature.Features;
import io.github.attention4j.multimodal.feature.Regions;
import io.github.attention4j.multimodal.wiring.MultimodalModule;
import java.util.List;
import java.util.Optional;

/** The examples of docs/multimodal.md, compiled; what stands between the marks stands there too. */
final class FeatureExample {
  private FeatureExample() {}

  static AttentionMap regions(Tensor words, Tensor detected) {
    // REGIONS begins
    Regions boxes =
        Regions.ofPixels(
            List.of(List.of(12.0, 30.0, 212.0, 180.0), List.of(300.0, 40.0, 600.0, 470.0)),
            640,
            480);
    Features text =
        new Features(words, Optional.empty(), Labels.tokens(List.of("a", "red", "boat")));
    Features seen = new Features(detected, Optional.empty(), boxes.labels());
    CrossAttention look = CrossAttention.random(64, 128, 32, 4, 1); // sizes; 4 heads; seed
    Execution execution = Execution.preferred(AttentionProviders.load());
    try (FeatureAttention attention = new FeatureAttention(look, execution)) {
      FeatureAttention.Attended result = attention.attend(text, seen); // output [1, 3, 64]
      return result.traces().getFirst().map("attention"); // [heads, 3 words, 2 regions with boxes]
    }
    // REGIONS ends
  }

  static AttentionMap frames(Tensor words, Tensor sound) {
    // FRAMES begins
    Execution execution = Guice.createInjector(new MultimodalModule()).getInstance(Execution.class);
    CrossAttention listen = CrossAttention.random(64, 80, 32, 4, 1);
    try (FeatureAttention attention = new FeatureAttention(listen, execution)) {
      Features frames = Features.frames(sound, 0.02); // a frame every 20 ms
      return attention.attend(Features.of(words), frames).traces().getFirst().map("attention");
    }
    // FRAMES ends
  }
}
