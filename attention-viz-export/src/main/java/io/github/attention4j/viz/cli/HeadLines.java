package io.github.attention4j.viz.cli;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.analysis.HeadAnalysis;
import io.github.attention4j.viz.explain.HeadAlignment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What heads do, in a few lines: what those of a cross-attention align; without one, the roles that
 * heads clearly have.
 */
final class HeadLines {
  private static final int MOST_ROLES = 10;
  private static final int MOST_CELLS = 4;

  private HeadLines() {}

  /**
   * For tokens that are no single letters: of each head of a cross-attention the cells with the
   * most weight, one per query; without one, roles. An empty line comes first.
   */
  static List<String> ofTokens(AttentionTrace trace) {
    List<String> lines = new ArrayList<>();
    for (AttentionMap map : trace.maps()) {
      for (int head = 0; map.label().kind() == MapLabel.Kind.CROSS && head < map.heads(); head++) {
        lines.add(strongest(map, head));
      }
    }
    return lines.isEmpty() ? roles(trace) : led(lines);
  }

  private static String strongest(AttentionMap map, int head) {
    int keys = map.keys().size();
    record Best(int query, int key, float weight) {}
    List<Best> all = new ArrayList<>();
    for (int query = 0; query < map.queries().size(); query++) {
      int best = 0;
      for (int key = 1; key < keys; key++) {
        if (map.weights().get(head, query, key) > map.weights().get(head, query, best)) {
          best = key;
        }
      }
      all.add(new Best(query, best, map.weights().get(head, query, best)));
    }
    all.sort(Comparator.comparingDouble(Best::weight).reversed());
    String cells =
        String.join(
            ", ",
            all.stream()
                .limit(MOST_CELLS)
                .sorted(Comparator.comparingInt(Best::query))
                .map(best ->
                    String.format(
                        Locale.ROOT,
                        "'%s' at '%s' %.0f %%",
                        AnalyzeCommand.visible(map.queries().texts().get(best.query), 20),
                        AnalyzeCommand.visible(map.keys().texts().get(best.key), 20),
                        100 * best.weight))
                .toList());
    return String.format(
        Locale.ROOT,
        "cross %d.%d looks most: %s (evenly spread: %.0f %%)",
        map.label().layer(),
        head,
        cells,
        100.0 / keys);
  }

  /** The lines with an empty one in front; none if there is nothing to say. */
  static List<String> of(AttentionTrace trace) {
    List<String> lines = new ArrayList<>();
    trace.maps().stream()
        .filter(map -> map.label().kind() == MapLabel.Kind.CROSS)
        .flatMap(map -> HeadAlignment.of(map).stream())
        .map(HeadAlignment::sentence)
        .forEach(lines::add);
    return lines.isEmpty() ? roles(trace) : led(lines);
  }

  private static List<String> led(List<String> lines) {
    if (!lines.isEmpty()) {
      lines.addFirst("");
    }
    return lines;
  }

  private static List<String> roles(AttentionTrace trace) {
    List<String> lines = new ArrayList<>();
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
    return led(lines);
  }
}
