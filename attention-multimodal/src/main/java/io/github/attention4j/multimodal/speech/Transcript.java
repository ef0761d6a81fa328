package io.github.attention4j.multimodal.speech;

import java.util.List;

/// What was said.
///
/// @param language a code such as `en`
/// @param seconds how long the sound lasts
/// @param segments in order; none where nobody speaks
public record Transcript(String language, double seconds, List<Segment> segments) {
  public Transcript {
    segments = List.copyOf(segments);
  }

  /// All of it.
  public String text() {
    StringBuilder all = new StringBuilder();
    segments.forEach(segment -> all.append(segment.text()));
    return all.toString().strip();
  }

  /// What was said between two timestamps.
  ///
  /// @param start in seconds
  /// @param end in seconds
  /// @param text with the space before it
  /// @param tokens text and timestamps
  /// @param temperature it was decoded with
  /// @param averageLogProbability of the window's tokens
  /// @param compressionRatio of the window's text
  /// @param noSpeech the probability that nobody speaks in the window
  /// @param words with their times; empty where they were not asked for
  public record Segment(
      double start,
      double end,
      String text,
      List<Integer> tokens,
      double temperature,
      double averageLogProbability,
      double compressionRatio,
      double noSpeech,
      List<Word> words) {
    public Segment {
      tokens = List.copyOf(tokens);
      words = List.copyOf(words);
    }
  }

  /// A word.
  ///
  /// @param text with the space before it and marks around it
  /// @param start in seconds
  /// @param end in seconds
  /// @param probability the mean of its tokens
  public record Word(String text, double start, double end, double probability) {
    Word between(double newStart, double newEnd) {
      return new Word(text, newStart, newEnd, probability);
    }
  }
}
