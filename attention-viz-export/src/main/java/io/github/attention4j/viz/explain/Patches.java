package io.github.attention4j.viz.explain;

import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.List;

/// The squares that a vision tower cuts a picture into, with the tokens in front of them.
final class Patches {
  private static final int MOST_IN_FRONT = 8;

  private Patches() {}

  /// The labels of so many positions over a picture of this size: a grid of patches in rows, with
  /// as few other tokens in front as leave a grid of squares; just numbers if there is none.
  ///
  /// @param height of the picture as the model reads it, in pixels
  /// @param width likewise
  static Labels labels(int positions, long height, long width) {
    for (int front = 0; front <= Math.min(MOST_IN_FRONT, positions - 1); front++) {
      int rows = (int) Math.round(Math.sqrt((double) (positions - front) * height / width));
      boolean fits =
          rows > 0
              && (positions - front) % rows == 0
              && height % rows == 0
              && width % ((positions - front) / rows) == 0
              && height / rows == width / ((positions - front) / rows);
      if (fits) {
        return labels(front, rows, (positions - front) / rows);
      }
    }
    return Labels.numbered(positions);
  }

  private static Labels labels(int front, int rows, int columns) {
    List<String> texts = new ArrayList<>();
    List<List<Double>> places = new ArrayList<>();
    for (int i = 0; i < front; i++) {
      texts.add(i == 0 ? "[CLS]" : "[" + i + "]");
      places.add(List.of());
    }
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        texts.add("row " + (row + 1) + ", column " + (column + 1));
        places.add(
            List.of(
                (double) column / columns,
                (double) row / rows,
                (column + 1.0) / columns,
                (row + 1.0) / rows));
      }
    }
    return new Labels(Labels.Kind.PATCH, texts, places);
  }
}
