package io.github.attention4j.viz.format;

/// Colours for weights on white: lightness falls evenly, so the scale reads the same to
/// colour-blind eyes and in grey print.
///
/// The steps are on a square-root scale of the largest weight, as in the report.
final class ColourScale {
  private static final int[] STOPS = {
    0xffffff, 0xdbe9f6, 0xa9cfe8, 0x62a7d2, 0x2a74b2, 0x0d468f, 0x071f4d
  };

  private ColourScale() {}

  /// `0xrrggbb` of a weight.
  static int colour(float weight, float max) {
    double share = weight > 0 && max > 0 ? Math.sqrt(Math.min(1, weight / max)) : 0;
    double at = share * (STOPS.length - 1);
    int low = Math.min((int) at, STOPS.length - 2);
    int colour = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int from = STOPS[low] >> shift & 0xff;
      int to = STOPS[low + 1] >> shift & 0xff;
      colour |= (int) Math.round(from + (to - from) * (at - low)) << shift;
    }
    return colour;
  }
}
