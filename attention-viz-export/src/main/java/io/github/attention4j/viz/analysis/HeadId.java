package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.network.MapLabel;

/// Which head of a model.
///
/// @param label kind and layer
/// @param head the head's number in the layer, from 0
public record HeadId(MapLabel label, int head) {
  public HeadId {
    if (head < 0) {
      throw new IllegalArgumentException("head: expected >= 0, got " + head);
    }
  }

  /// Such as `encoder 3.11`.
  @Override
  public String toString() {
    return label.kind().text() + " " + label.layer() + "." + head;
  }
}
