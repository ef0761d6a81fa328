package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.List;

/// Distributes the words of a window over its segments, and mends the first and last word of each,
/// whose times silence makes too long. Remembers when speech last ended.
///
/// Source: openai/whisper `timing.py`, `add_word_timestamps`.
final class WordTimes {
  private static final double PAUSE_MEDIANS = 4;
  private static final double MUCH = 0.5;

  private double lastSpeech;

  /** A segment whose words are known. */
  record Timed(double start, double end, List<Transcript.Word> words) {}

  /** When speech last ended, in seconds. */
  void spokeUntil(double seconds) {
    lastSpeech = seconds;
  }

  /**
   * The segments with their words.
   *
   * @param pieces with times from the window's beginning
   * @param textTokens of each piece
   * @param aligned the words of all pieces
   * @param offset of the window in seconds
   */
  List<Timed> distribute(
      List<SegmentSplitter.Piece> pieces,
      List<List<Integer>> textTokens,
      List<WordTiming> aligned,
      double offset) {
    double median = WordTiming.median(aligned);
    List<WordTiming> words = WordTiming.withPunctuation(WordTiming.shortened(aligned));
    List<Timed> all = new ArrayList<>();
    int next = 0;
    for (int p = 0; p < pieces.size(); p++) {
      List<Transcript.Word> own = new ArrayList<>();
      for (int taken = 0; next < words.size() && taken < textTokens.get(p).size(); next++) {
        WordTiming word = words.get(next);
        own.add(
            new Transcript.Word(
                word.word(),
                rounded(offset + word.start()),
                rounded(offset + word.end()),
                word.probability()));
        taken += word.tokens().size();
      }
      SegmentSplitter.Piece piece = pieces.get(p);
      Timed timed = new Timed(offset + piece.start(), offset + piece.end(), own);
      all.add(own.isEmpty() ? timed : mended(timed, median));
    }
    return all;
  }

  private Timed mended(Timed segment, double median) {
    List<Transcript.Word> words = new ArrayList<>(segment.words());
    double longest = 2 * median;
    Transcript.Word first = words.getFirst();
    boolean longPair = words.size() > 1 && words.get(1).end() - first.start() > 2 * longest;
    if (first.end() - lastSpeech > PAUSE_MEDIANS * median
        && (first.end() - first.start() > longest || longPair)) {
      if (words.size() > 1 && words.get(1).end() - words.get(1).start() > longest) {
        Transcript.Word second = words.get(1);
        double boundary = Math.max(second.end() / 2, second.end() - longest);
        words.set(1, second.between(boundary, second.end()));
        first = first.between(first.start(), boundary);
      }
      first = first.between(Math.max(0, first.end() - longest), first.end());
      words.set(0, first);
    }
    double start = segment.start();
    if (start < first.end() && start - MUCH > first.start()) {
      words.set(0, first.between(Math.max(0, Math.min(first.end() - median, start)), first.end()));
    } else {
      start = first.start();
    }
    double end = segment.end();
    Transcript.Word last = words.getLast();
    if (end > last.start() && end + MUCH < last.end()) {
      words.set(words.size() - 1, last.between(last.start(), Math.max(last.start() + median, end)));
    } else {
      end = last.end();
    }
    lastSpeech = end;
    return new Timed(start, end, words);
  }

  private static double rounded(double seconds) {
    return Math.rint(seconds * 100) / 100;
  }
}
