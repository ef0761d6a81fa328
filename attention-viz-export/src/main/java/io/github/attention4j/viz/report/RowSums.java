package io.github.attention4j.viz.report;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.viz.analysis.HeadWeights;
import java.util.Locale;

/// What can be checked of a map that brings no proof: that its rows sum to 1, or to 0 where nothing
/// may be looked at.
final class RowSums {
  private static final double TOLERANCE = 1e-4;

  private RowSums() {}

  /// The outcome for people.
  static String check(AttentionMap map) {
    double worst = 0;
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    long zero = 0;
    for (int head = 0; head < map.heads(); head++) {
      HeadWeights weights = HeadWeights.of(map, head);
      float[] row = new float[weights.keys()];
      for (int query = 0; query < weights.queries(); query++) {
        weights.row(query, row);
        double sum = 0;
        for (float weight : row) {
          sum += weight;
        }
        if (sum == 0) {
          zero++;
        } else {
          worst = Math.max(worst, Math.abs(sum - 1));
          least = Math.min(least, sum);
          most = Math.max(most, sum);
        }
      }
    }
    String zeros = zero == 0 ? "" : String.format(Locale.ROOT, ", %d of them to 0", zero);
    if (most < least) {
      return "all rows are 0";
    }
    return worst <= TOLERANCE
        ? String.format(Locale.ROOT, "rows sum to 1 within %.1e%s", worst, zeros)
        : String.format(
            Locale.ROOT, "rows do not sum to 1 but to %.3f to %.3f%s", least, most, zeros);
  }
}
