package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.analysis.HeadWeights;
import java.util.Locale;

/// The one matrix a picture shows: a head, or the mean of all heads of a layer.
final class MeanMap {
  private final AttentionMap map;
  private final int[] heads;
  private final float[][] rows;
  private final float max;

  private MeanMap(AttentionMap map, int[] heads, float[][] rows, float max) {
    this.map = map;
    this.heads = heads;
    this.rows = rows;
    this.max = max;
  }

  static MeanMap of(AttentionTrace trace, FormatOptions options) {
    AttentionMap map = options.map(trace);
    int[] heads = options.heads(map);
    float[][] mean = new float[map.queries().size()][map.keys().size()];
    float[] row = new float[map.keys().size()];
    float max = 0;
    for (int query = 0; query < mean.length; query++) {
      for (int head : heads) {
        HeadWeights.of(map, head).row(query, row);
        for (int key = 0; key < row.length; key++) {
          mean[query][key] += row[key] / heads.length;
        }
      }
      for (float weight : mean[query]) {
        max = Math.max(max, weight);
      }
    }
    return new MeanMap(map, heads, mean, max);
  }

  AttentionMap map() {
    return map;
  }

  int queries() {
    return rows.length;
  }

  int keys() {
    return map.keys().size();
  }

  float weight(int query, int key) {
    return rows[query][key];
  }

  int colour(int query, int key) {
    return ColourScale.colour(rows[query][key], max);
  }

  /// Such as `encoder attention, layer 3, head 5, 0 to 0.912`.
  String title() {
    return String.format(
        Locale.ROOT,
        "%s attention, layer %d, %s, 0 to %.3f on a square-root scale",
        map.label().kind().text(),
        map.label().layer(),
        heads.length == 1 ? "head " + heads[0] : "mean of " + heads.length + " heads",
        max);
  }
}
