package io.github.attention4j.api.network;

/// What the weights of an attention layer are, for traces.
///
/// @param kind which stream looks at which
/// @param layer the layer's number within its kind, from 0
public record MapLabel(Kind kind, int layer) {
  public MapLabel {
    if (layer < 0) {
      throw new IllegalArgumentException("layer: expected >= 0, got " + layer);
    }
  }

  /// Which stream looks at which.
  public enum Kind {
    /// Self-attention of an encoder (or of the only stack).
    ENCODER("encoder"),
    /// Self-attention of an encoder's global tokens, where they have projections of their own.
    GLOBAL("global"),
    /// Self-attention of a decoder.
    DECODER("decoder"),
    /// A decoder's look at the encoder.
    CROSS("cross"),
    /// Self-attention of text in a two-stream model.
    TEXT("text"),
    /// Self-attention of image patches or regions.
    VISION("vision"),
    /// Text looking at vision.
    TEXT_TO_VISION("text_to_vision"),
    /// Vision looking at text.
    VISION_TO_TEXT("vision_to_text"),
    /// Self-attention of text after it looked at vision.
    CROSS_TEXT("cross_text"),
    /// Self-attention of vision after it looked at text.
    CROSS_VISION("cross_vision");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /// The name in files and reports.
    public String text() {
      return text;
    }
  }
}
