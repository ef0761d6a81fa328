package io.github.attention4j.multimodal;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.feature.Regions;
import io.github.attention4j.multimodal.image.ImagePreprocessor;
import io.github.attention4j.multimodal.image.PatchGrid;
import java.util.List;
import java.util.Optional;

/**
 * What the positions of a vision stream are, as far as a run's inputs tell: regions with boxes, or
 * patches of the pixels.
 */
final class SeenPlaces {
  private static final List<String> BOXES = List.of("visual_pos", "image_loc");
  private static final String PIXELS = "pixel_values";

  private final Optional<Labels> vision;

  private SeenPlaces(Optional<Labels> vision) {
    this.vision = vision;
  }

  static SeenPlaces of(Network network, Inputs inputs, int sample) {
    for (String name : BOXES) {
      if (inputs.names().contains(name)
          && inputs.get(name) instanceof Tensor boxes
          && boxes.shape().rank() == 3
          && boxes.shape().size(2) >= 4
          && sample < boxes.shape().size(0)) {
        return new SeenPlaces(Optional.of(Regions.labels(boxes, sample)));
      }
    }
    Optional<Layer.Patches> patches =
        network.nodes().stream()
            .map(Network.Node::layer)
            .filter(Layer.Patches.class::isInstance)
            .map(Layer.Patches.class::cast)
            .findFirst();
    if (patches.isPresent() && inputs.names().contains(PIXELS)) {
      int height = patches.get().weight().shape().intSize(2);
      int width = patches.get().weight().shape().intSize(3);
      PatchGrid grid =
          PatchGrid.of(ImagePreprocessor.View.WHOLE, inputs.get(PIXELS).shape(), height, width);
      return new SeenPlaces(Optional.of(grid.labels("[CLS]")));
    }
    return new SeenPlaces(Optional.empty());
  }

  Labels queries(MapLabel.Kind kind, long count) {
    return labels(
        switch (kind) {
          case VISION, VISION_TO_TEXT, CROSS_VISION -> true;
          case ENCODER, GLOBAL, DECODER, CROSS, TEXT, TEXT_TO_VISION, CROSS_TEXT -> false;
        },
        count);
  }

  Labels keys(MapLabel.Kind kind, long count) {
    return labels(
        switch (kind) {
          case VISION, TEXT_TO_VISION, CROSS_VISION -> true;
          case ENCODER, GLOBAL, DECODER, CROSS, TEXT, VISION_TO_TEXT, CROSS_TEXT -> false;
        },
        count);
  }

  private Labels labels(boolean seen, long count) {
    return vision
        .filter(labels -> seen && labels.size() == count)
        .orElseGet(() -> Labels.numbered(Math.toIntExact(count)));
  }
}
