package io.github.attention4j.viz.format;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Which part of a trace is written, and what is left out of it.
///
/// @param kind only maps of this kind
/// @param layer only maps of this layer
/// @param head only this head; formats that show one map take the mean of all heads if none is
///   given
/// @param topK at most this many keys per query, for formats that list cells; 0 is all
/// @param threshold cells below this weight are left out of formats that list cells
/// @param pairStart the position of the first token of the second sentence, for formats that split
///   pairs; empty: found at the first separator if the trace has a fact `pair`
public record FormatOptions(
    Optional<MapLabel.Kind> kind,
    Optional<Integer> layer,
    Optional<Integer> head,
    int topK,
    double threshold,
    Optional<Integer> pairStart) {
  /// Everything.
  public static final FormatOptions ALL =
      new FormatOptions(
          Optional.empty(), Optional.empty(), Optional.empty(), 0, 0, Optional.empty());

  public FormatOptions {
    if (topK < 0) {
      throw new IllegalArgumentException("topK: expected >= 0, got " + topK);
    }
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new IllegalArgumentException("threshold: expected 0 to 1, got " + threshold);
    }
  }

  /// Only maps of this kind.
  public FormatOptions ofKind(MapLabel.Kind only) {
    return new FormatOptions(Optional.of(only), layer, head, topK, threshold, pairStart);
  }

  /// Only this layer.
  public FormatOptions ofLayer(int only) {
    return new FormatOptions(kind, Optional.of(only), head, topK, threshold, pairStart);
  }

  /// Only this head.
  public FormatOptions ofHead(int only) {
    return new FormatOptions(kind, layer, Optional.of(only), topK, threshold, pairStart);
  }

  /// At most so many keys per query.
  public FormatOptions top(int keys) {
    return new FormatOptions(kind, layer, head, keys, threshold, pairStart);
  }

  /// Only cells of at least this weight.
  public FormatOptions from(double weight) {
    return new FormatOptions(kind, layer, head, topK, weight, pairStart);
  }

  /// With the second sentence from here on.
  public FormatOptions pairFrom(int position) {
    return new FormatOptions(kind, layer, head, topK, threshold, Optional.of(position));
  }

  /// The maps that are written.
  ///
  /// @throws IllegalArgumentException if there are none
  List<AttentionMap> maps(AttentionTrace trace) {
    List<AttentionMap> chosen =
        trace.maps().stream()
            .filter(map -> kind.isEmpty() || kind.get() == map.label().kind())
            .filter(map -> layer.isEmpty() || layer.get() == map.label().layer())
            .toList();
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "kind, layer: expected one of "
              + trace.maps().stream()
                  .map(map -> map.label().kind().text() + " " + map.label().layer())
                  .toList()
              + ", got "
              + kind.map(MapLabel.Kind::text).orElse("any kind, layer")
              + " "
              + layer.map(String::valueOf).orElse("of any layer"));
    }
    return chosen;
  }

  /// Those of some norms that belong to maps that are written.
  List<AttentionMap> of(List<AttentionMap> norms) {
    return norms.stream()
        .filter(map -> kind.isEmpty() || kind.get() == map.label().kind())
        .filter(map -> layer.isEmpty() || layer.get() == map.label().layer())
        .toList();
  }

  /// The one map that is shown: the last of the chosen ones.
  AttentionMap map(AttentionTrace trace) {
    return maps(trace).getLast();
  }

  /// The heads of a map that are written.
  int[] heads(AttentionMap map) {
    if (head.isEmpty()) {
      return IntStream.range(0, map.heads()).toArray();
    }
    if (head.get() < 0 || head.get() >= map.heads()) {
      throw new IllegalArgumentException(
          "head: expected 0 to "
              + (map.heads() - 1)
              + " for "
              + map.name()
              + ", got "
              + head.get());
    }
    return new int[] {head.get()};
  }
}
