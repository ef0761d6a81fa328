package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.viz.analysis.HeadWeights;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// The cells of heads that are worth a line: the strongest keys of each query above a threshold.
final class Cells {
  private Cells() {}

  /// What takes the cells.
  @FunctionalInterface
  interface Visitor {
    void visit(int head, int query, int key, float weight) throws IOException;
  }

  /// Visits the cells of the chosen heads by query, and by key within it.
  static void visit(AttentionMap map, FormatOptions options, Visitor visitor) throws IOException {
    float[] row = new float[map.keys().size()];
    for (int head : options.heads(map)) {
      HeadWeights weights = HeadWeights.of(map, head);
      for (int query = 0; query < weights.queries(); query++) {
        weights.row(query, row);
        for (int key : keys(row, options)) {
          visitor.visit(head, query, key, row[key]);
        }
      }
    }
  }

  private static List<Integer> keys(float[] row, FormatOptions options) {
    List<Integer> keys =
        IntStream.range(0, row.length)
            .filter(key -> row[key] >= options.threshold())
            .boxed()
            .toList();
    if (options.topK() == 0 || keys.size() <= options.topK()) {
      return keys;
    }
    return keys.stream()
        .sorted(Comparator.comparingDouble((Integer key) -> -row[key]))
        .limit(options.topK())
        .sorted()
        .toList();
  }
}
