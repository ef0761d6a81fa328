package io.github.attention4j.api.trace;

import java.util.List;
import java.util.stream.IntStream;

/// What the rows or columns of an attention map are.
///
/// @param kind tokens, patches, regions or frames
/// @param texts one per position: the token, or a name for the patch, region or frame
/// @param places one per position, or empty: region and patch boxes as `x1, y1, x2, y2` in 0..1 of
///   the picture, frames as `start, end` in seconds
public record Labels(Kind kind, List<String> texts, List<List<Double>> places) {
  public Labels {
    texts = List.copyOf(texts);
    places = places.stream().map(List::copyOf).toList();
    if (!places.isEmpty() && places.size() != texts.size()) {
      throw new IllegalArgumentException(
          "places: expected " + texts.size() + " or none, got " + places.size());
    }
  }

  /// What a position is.
  public enum Kind {
    /// A token of a text.
    TOKEN,
    /// A patch of an image on a regular grid.
    PATCH,
    /// A region of an image with a box.
    REGION,
    /// A stretch of audio.
    FRAME
  }

  /// Tokens.
  public static Labels tokens(List<String> texts) {
    return new Labels(Kind.TOKEN, texts, List.of());
  }

  /// Positions known only by their numbers.
  public static Labels numbered(int count) {
    return tokens(IntStream.range(0, count).mapToObj(Integer::toString).toList());
  }

  /// How many.
  public int size() {
    return texts.size();
  }
}
