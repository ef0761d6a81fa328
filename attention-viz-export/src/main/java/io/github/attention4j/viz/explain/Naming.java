package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.Set;

/// Gives the positions of maps their names, cuts off what only filled a text up, and merges pieces
/// of words if that is wanted.
///
/// @param given what the model read
/// @param mapping how it was put there
/// @param words whether to merge
public record Naming(Given given, InputMapping mapping, boolean words) {
  private static final double SEEN = 1e-4;
  private static final Set<MapLabel.Kind> VISION_QUERIES =
      Set.of(MapLabel.Kind.VISION, MapLabel.Kind.VISION_TO_TEXT, MapLabel.Kind.CROSS_VISION);
  private static final Set<MapLabel.Kind> VISION_KEYS =
      Set.of(MapLabel.Kind.VISION, MapLabel.Kind.TEXT_TO_VISION, MapLabel.Kind.CROSS_VISION);

  /// A side of a map: what it is, and how many positions the map has for it.
  private record Side(Positions positions, int length) {}

  /// The map with names.
  ///
  /// @throws IllegalArgumentException if a position looks at what only fills the text up
  public AttentionMap named(AttentionMap map) {
    return named(map, SEEN);
  }

  /// A map of lengths with names, what fills up cut off.
  AttentionMap lengths(AttentionMap map) {
    return named(map, Double.POSITIVE_INFINITY);
  }

  private AttentionMap named(AttentionMap map, double seen) {
    MapLabel.Kind kind = map.label().kind();
    boolean decodes = kind == MapLabel.Kind.DECODER || kind == MapLabel.Kind.CROSS;
    Side queries = side(decodes, VISION_QUERIES.contains(kind), map.queries());
    // A decoder without its encoder looks at states that have no names.
    boolean unnamed = kind == MapLabel.Kind.CROSS && given.source() == null;
    Side keys =
        unnamed
            ? new Side(Positions.ofEach(map.keys(), new long[0]), map.keys().size())
            : side(kind == MapLabel.Kind.DECODER, VISION_KEYS.contains(kind), map.keys());
    AttentionMap cut = cut(map, queries.positions(), keys.positions(), seen);
    return words ? WordMaps.of(cut, queries.positions(), keys.positions()) : cut;
  }

  private Side side(boolean target, boolean vision, Labels numbered) {
    int count = numbered.size();
    Positions source = given.source();
    Positions written = given.target();
    boolean targetFits = written != null && count == mapping.targetLength();
    if (target && written != null && targetFits) {
      return new Side(written, count);
    }
    if (!vision && source != null && count == mapping.sourceLength()) {
      return new Side(source, count);
    }
    if (!vision && written != null && targetFits && mapping.sourceLength() == 0) {
      return new Side(written, count);
    }
    Tensor pixels = given.pixels();
    // A checkpoint's own places are better known than what can be told from the picture's sizes.
    Labels labels =
        pixels == null || numbered.kind() != Labels.Kind.TOKEN
            ? numbered
            : Patches.labels(count, pixels.shape().size(2), pixels.shape().size(3));
    return new Side(Positions.ofEach(labels, new long[0]), count);
  }

  private static AttentionMap cut(
      AttentionMap map, Positions queries, Positions keys, double seen) {
    int rows = queries.size();
    int columns = keys.size();
    int allRows = map.queries().size();
    int allColumns = map.keys().size();
    if (rows == allRows && columns == allColumns) {
      return new AttentionMap(
          map.name(), map.label(), map.weights(), queries.labels(), keys.labels(), map.proof());
    }
    Tensor part = Tensor.allocate(map.heads(), rows, columns);
    long to = 0;
    for (int head = 0; head < map.heads(); head++) {
      for (int row = 0; row < rows; row++) {
        long from = ((long) head * allRows + row) * allColumns;
        for (int column = 0; column < allColumns; column++) {
          float weight = map.weights().at(from + column);
          if (column < columns) {
            part.set(to++, weight);
          } else if (weight > seen) {
            throw new IllegalArgumentException(
                "text: expected exactly "
                    + allColumns
                    + " tokens, got "
                    + columns
                    + ": the model reads a fixed number and looks at what fills it up, in '"
                    + map.name()
                    + "'");
          }
        }
      }
    }
    return new AttentionMap(
        map.name(), map.label(), part, queries.labels(), keys.labels(), map.proof());
  }
}
