package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.List;

/// Cuts the tokens of a window where two timestamps meet, and says where the next window begins.
///
/// - Pairs of timestamps: each pair ends a segment; the next window begins at the last pair, and
///   what was written after it is left to it.
/// - A single timestamp at the end: nothing is said after it; the next window follows this one.
/// - No pair: one segment, until its last timestamp or the end of the window.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356), section 4.5; openai/whisper `transcribe.py`.
///
/// @param pieces the segments
/// @param frames from this window's beginning to the next one's
/// @param closed whether the window ended with a single timestamp
record SegmentSplitter(List<Piece> pieces, int frames, boolean closed) {
  /** Mel frames of one step of a timestamp. */
  static final int STRIDE = 2;

  SegmentSplitter {
    pieces = List.copyOf(pieces);
  }

  /**
   * A segment.
   *
   * @param start in seconds from the window's beginning
   * @param end in seconds from the window's beginning
   * @param tokens with timestamps
   */
  record Piece(double start, double end, List<Integer> tokens) {
    Piece {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * Cuts.
   *
   * @param frames of the window that hold sound
   */
  static SegmentSplitter split(
      List<Integer> tokens, SpecialTokens special, int frames, double frameSeconds) {
    int size = tokens.size();
    boolean closed =
        size >= 1
            && special.isTimestamp(tokens.get(size - 1))
            && (size < 2 || !special.isTimestamp(tokens.get(size - 2)));
    // As published: a single token is no ending.
    closed &= size >= 2;
    List<Integer> cuts = new ArrayList<>();
    for (int i = 1; i < size; i++) {
      if (special.isTimestamp(tokens.get(i - 1)) && special.isTimestamp(tokens.get(i))) {
        cuts.add(i);
      }
    }
    double step = STRIDE * frameSeconds;
    List<Piece> pieces = new ArrayList<>();
    if (cuts.isEmpty()) {
      double end = frames * frameSeconds;
      for (int i = size - 1; i >= 0; i--) {
        if (special.isTimestamp(tokens.get(i))) {
          int time = tokens.get(i) - special.firstTimestamp();
          end = time > 0 ? time * step : end;
          break;
        }
      }
      pieces.add(new Piece(0, end, tokens));
      return new SegmentSplitter(pieces, frames, closed);
    }
    if (closed) {
      cuts.add(size);
    }
    int from = 0;
    for (int cut : cuts) {
      List<Integer> own = tokens.subList(from, cut);
      pieces.add(
          new Piece(
              (own.getFirst() - special.firstTimestamp()) * step,
              (own.getLast() - special.firstTimestamp()) * step,
              own));
      from = cut;
    }
    int last = tokens.get(from - 1) - special.firstTimestamp();
    return new SegmentSplitter(pieces, closed ? frames : STRIDE * last, closed);
  }
}
