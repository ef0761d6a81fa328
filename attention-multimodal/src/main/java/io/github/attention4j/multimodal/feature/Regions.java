package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Boxes of a picture that a detector found, as models read them and traces show them.
///
/// @param boxes `x1, y1, x2, y2` of each, in 0..1 of the picture
public record Regions(List<List<Double>> boxes) {
  private static final int CORNERS = 4;
  private static final int GEOMETRY = 5;

  public Regions {
    boxes = boxes.stream().map(List::copyOf).toList();
    for (List<Double> box : boxes) {
      if (box.size() != CORNERS
          || !(box.get(0) >= 0 && box.get(0) <= box.get(2) && box.get(2) <= 1)
          || !(box.get(1) >= 0 && box.get(1) <= box.get(3) && box.get(3) <= 1)) {
        throw new IllegalArgumentException(
            "boxes: expected x1 <= x2, y1 <= y2 in 0..1 of the picture, got " + box);
      }
    }
  }

  /// Boxes in pixels of a picture.
  ///
  /// @param boxes `x1, y1, x2, y2` of each
  /// @param width of the picture
  /// @param height of the picture
  public static Regions ofPixels(List<List<Double>> boxes, int width, int height) {
    List<List<Double>> places = new ArrayList<>();
    for (List<Double> box : boxes) {
      if (box.size() != CORNERS) {
        throw new IllegalArgumentException("boxes: expected x1, y1, x2, y2, got " + box);
      }
      places.add(
          List.of(
              box.get(0) / width, box.get(1) / height, box.get(2) / width, box.get(3) / height));
    }
    return new Regions(places);
  }

  /// With a region before the others that is the whole picture, as ViLBERT has one; its features
  /// are the mean of the others'.
  public Regions withWhole() {
    List<List<Double>> all = new ArrayList<>();
    all.add(List.of(0.0, 0.0, 1.0, 1.0));
    all.addAll(boxes);
    return new Regions(all);
  }

  /// Features with their mean before them, for [#withWhole()].
  ///
  /// @param features `[batch, regions, features]`
  /// @return `[batch, 1 + regions, features]`
  public static Tensor withMean(Tensor features) {
    if (features.shape().rank() != 3 || features.shape().size(1) < 1) {
      throw new IllegalArgumentException(
          "features: expected [batch, regions, features] with a region, got "
              + features.describe());
    }
    int batch = features.shape().intSize(0);
    int count = features.shape().intSize(1);
    int size = features.shape().intSize(2);
    Tensor all = Tensor.allocate(batch, count + 1L, size);
    for (int b = 0; b < batch; b++) {
      long to = (long) b * (count + 1) * size;
      for (int f = 0; f < size; f++) {
        double sum = 0;
        for (int r = 0; r < count; r++) {
          float value = features.at(((long) b * count + r) * size + f);
          sum += value;
          all.set(to + (r + 1L) * size + f, value);
        }
        all.set(to + f, (float) (sum / count));
      }
    }
    return all;
  }

  /// What ViLBERT reads as `image_loc`: `x1, y1, x2, y2` and the area, `[1, regions, 5]`.
  public Tensor geometry() {
    Tensor geometry = Tensor.allocate(1, boxes.size(), GEOMETRY);
    long at = 0;
    for (List<Double> box : boxes) {
      for (double corner : box) {
        geometry.set(at++, (float) corner);
      }
      geometry.set(at++, (float) ((box.get(2) - box.get(0)) * (box.get(3) - box.get(1))));
    }
    return geometry;
  }

  /// What LXMERT reads as `visual_pos`: `x1, y1, x2, y2`, `[1, regions, 4]`.
  public Tensor corners() {
    Tensor corners = Tensor.allocate(1, boxes.size(), CORNERS);
    long at = 0;
    for (List<Double> box : boxes) {
      for (double corner : box) {
        corners.set(at++, (float) corner);
      }
    }
    return corners;
  }

  /// The regions by number, with their boxes.
  public Labels labels() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < boxes.size(); i++) {
      names.add(String.format(Locale.ROOT, "region %d", i));
    }
    return new Labels(Labels.Kind.REGION, names, boxes);
  }

  /// Labels of the regions whose boxes a model read.
  ///
  /// @param boxes `[batch, regions, 4 or more]`, the corners first; a box that is none has no place
  /// @param sample which entry of the batch
  public static Labels labels(Tensor boxes, int sample) {
    int count = boxes.shape().intSize(1);
    int size = boxes.shape().intSize(2);
    List<String> names = new ArrayList<>();
    List<List<Double>> places = new ArrayList<>();
    for (int region = 0; region < count; region++) {
      long at = ((long) sample * count + region) * size;
      double x1 = boxes.at(at);
      double y1 = boxes.at(at + 1);
      double x2 = boxes.at(at + 2);
      double y2 = boxes.at(at + 3);
      names.add(String.format(Locale.ROOT, "region %d", region));
      boolean place = x1 >= 0 && y1 >= 0 && x2 <= 1 && y2 <= 1 && x1 < x2 && y1 < y2;
      places.add(place ? List.of(x1, y1, x2, y2) : List.of());
    }
    return new Labels(Labels.Kind.REGION, names, places);
  }
}
