package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;

/// Which maps look from a sequence at itself.
public final class Sequences {
  private Sequences() {}

  /// Whether query `i` stands where key `i` stands.
  ///
  /// In self-attention the two sides may carry different labels all the same: a decoder's queries
  /// are often named by what they write, its keys by what they read. With a key/value cache there
  /// are more keys than queries, and positions do not match.
  public static boolean same(AttentionMap map) {
    boolean self =
        switch (map.label().kind()) {
          case ENCODER, GLOBAL, DECODER, TEXT, VISION, CROSS_TEXT, CROSS_VISION -> true;
          case CROSS, TEXT_TO_VISION, VISION_TO_TEXT -> false;
        };
    return map.queries().equals(map.keys()) || (self && map.queries().size() == map.keys().size());
  }
}
