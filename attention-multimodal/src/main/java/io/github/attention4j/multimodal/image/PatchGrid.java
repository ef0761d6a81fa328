package io.github.attention4j.multimodal.image;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.List;

/// Where the patches that a vision tower reads are in a picture.
///
/// @param rows of patches
/// @param columns of patches
/// @param boxes of each patch, row by row: `x1, y1, x2, y2` in 0..1 of the picture; cut at the
///   picture's edge, empty where a patch shows nothing of it
public record PatchGrid(int rows, int columns, List<List<Double>> boxes) {
  public PatchGrid {
    boxes = boxes.stream().map(List::copyOf).toList();
    if (rows < 1 || columns < 1 || boxes.size() != rows * columns) {
      throw new IllegalArgumentException(
          "boxes: expected " + rows + " x " + columns + ", got " + boxes.size());
    }
  }

  /// The patches of pixels.
  ///
  /// @param view which part of the picture the pixels show
  /// @param pixels `[1, channels, height, width]`
  public static PatchGrid of(
      ImagePreprocessor.View view, Shape pixels, int patchHeight, int patchWidth) {
    double height = pixels.intSize(2);
    double width = pixels.intSize(3);
    int rows = (int) height / patchHeight;
    int columns = (int) width / patchWidth;
    List<List<Double>> boxes = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        boxes.add(
            cut(
                view.x(column * patchWidth / width),
                view.y(row * patchHeight / height),
                view.x((column + 1) * patchWidth / width),
                view.y((row + 1) * patchHeight / height)));
      }
    }
    return new PatchGrid(rows, columns, boxes);
  }

  private static List<Double> cut(double left, double top, double right, double bottom) {
    double x1 = Math.max(0, left);
    double y1 = Math.max(0, top);
    double x2 = Math.min(1, right);
    double y2 = Math.min(1, bottom);
    return x1 < x2 && y1 < y2 ? List.of(x1, y1, x2, y2) : List.of();
  }

  /// How many patches.
  public int count() {
    return rows * columns;
  }

  /// The patches by row and column, behind tokens without a place.
  public Labels labels(String... before) {
    List<String> texts = new ArrayList<>(List.of(before));
    List<List<Double>> places = new ArrayList<>();
    for (int i = 0; i < before.length; i++) {
      places.add(List.of());
    }
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        texts.add("row " + row + ", column " + column);
      }
    }
    places.addAll(boxes);
    return new Labels(Labels.Kind.PATCH, texts, places);
  }
}
