package io.github.attention4j.viz.cli;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.analysis.HeadAnalysis;
import io.github.attention4j.viz.explain.HeadAlignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What heads do, in a few lines: what those of a cross-attention align; without one, the roles that
 * heads clearly have.
 */
final class HeadLines {
  private static final int MOST_ROLES = 10;
  private static final int LONGEST = 240;

  private HeadLines() {}

  /** A long sentence up to a comma: what a decoder writes in circles says little. */
  private static String cut(String sentence) {
    if (sentence.length() <= LONGEST) {
      return sentence;
    }
    int comma = sentence.lastIndexOf(',', LONGEST);
    return sentence.substring(0, comma < 0 ? LONGEST : comma) + ", …";
  }

  /** The lines with an empty one in front; none if there is nothing to say. */
  static List<String> of(AttentionTrace trace) {
    List<String> lines = new ArrayList<>();
    trace.maps().stream()
        .filter(map -> map.label().kind() == MapLabel.Kind.CROSS)
        .flatMap(map -> HeadAlignment.of(map).stream())
        .map(alignment -> cut(alignment.sentence()))
        .forEach(lines::add);
    if (lines.isEmpty()) {
      HeadAnalysis.of(trace).roles().stream()
          .limit(MOST_ROLES)
          .map(role ->
              String.format(
                  Locale.ROOT,
                  "%s: %s %.0f %% (evenly spread: %.0f %%)%s",
                  role.head(),
                  role.role().text(),
                  100 * role.score(),
                  100 * role.baseline(),
                  role.small() ? " small sample" : ""))
          .forEach(lines::add);
    }
    if (!lines.isEmpty()) {
      lines.addFirst("");
    }
    return lines;
  }
}
