package io.github.attention4j.viz.report;

import io.github.attention4j.viz.analysis.HeadWeights;

/// Small pictures of heads: the largest weight of every block, on the head's own square-root scale.
///
/// @param rows pixels down
/// @param columns pixels across
record Thumbnails(int rows, int columns) {
  /// More pixels than this are not seen at the size of a thumbnail.
  private static final int SIDE = 48;

  static Thumbnails of(int queries, int keys) {
    return new Thumbnails(Math.clamp(queries, 1, SIDE), Math.clamp(keys, 1, SIDE));
  }

  /// One byte per pixel: the step on a ramp of 256 colours.
  void draw(HeadWeights head, float max, byte[] into, int at) {
    float[] pixels = new float[rows * columns];
    float[] row = new float[head.keys()];
    for (int query = 0; query < head.queries(); query++) {
      head.row(query, row);
      int start = (int) ((long) query * rows / head.queries()) * columns;
      for (int key = 0; key < row.length; key++) {
        int pixel = start + (int) ((long) key * columns / row.length);
        pixels[pixel] = Math.max(pixels[pixel], row[key]);
      }
    }
    for (int i = 0; i < pixels.length; i++) {
      into[at + i] = (byte) (max > 0 ? Math.round(255 * Math.sqrt(pixels[i] / max)) : 0);
    }
  }
}
