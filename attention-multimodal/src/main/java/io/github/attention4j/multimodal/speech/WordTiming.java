package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.List;

/// A word and when it was said.
///
/// @param word with the space before it
/// @param tokens that make it
/// @param start in seconds from the window's beginning
/// @param end in seconds from the window's beginning
/// @param probability the mean of its tokens
record WordTiming(String word, List<Integer> tokens, double start, double end, double probability) {
  private static final String PREPENDED = "\"'“¿([{-";
  private static final String APPENDED = "\"'.。,，!！?？:：”)]}、";
  private static final String SENTENCE_ENDS = ".。!！?？";
  private static final double LONGEST_MEDIAN = 0.7;

  WordTiming {
    tokens = List.copyOf(tokens);
  }

  double seconds() {
    return end - start;
  }

  WordTiming between(double newStart, double newEnd) {
    return new WordTiming(word, tokens, newStart, newEnd, probability);
  }

  private WordTiming written(String text, List<Integer> first, List<Integer> second) {
    List<Integer> all = new ArrayList<>(first);
    all.addAll(second);
    return new WordTiming(text, all, start, end, probability);
  }

  private static WordTiming nothing(WordTiming at) {
    return new WordTiming("", List.of(), at.start(), at.end(), at.probability());
  }

  /** The median of the durations above 0, at most 0.7 seconds; 0 where there is none. */
  static double median(List<WordTiming> words) {
    double[] seconds =
        words.stream().mapToDouble(WordTiming::seconds).filter(s -> s != 0).sorted().toArray();
    int half = seconds.length / 2;
    double median =
        seconds.length == 0
            ? 0
            : seconds.length % 2 == 1 ? seconds[half] : (seconds[half - 1] + seconds[half]) / 2;
    return Math.min(LONGEST_MEDIAN, median);
  }

  /**
   * Shortens marks that end a sentence, and words after one, to twice the median: silence between
   * sentences would otherwise belong to them.
   */
  static List<WordTiming> shortened(List<WordTiming> words) {
    double longest = 2 * median(words);
    List<WordTiming> all = new ArrayList<>(words);
    for (int i = 1; longest > 0 && i < all.size(); i++) {
      WordTiming word = all.get(i);
      if (word.seconds() > longest) {
        if (SENTENCE_ENDS.contains(word.word())) {
          all.set(i, word.between(word.start(), word.start() + longest));
        } else if (SENTENCE_ENDS.contains(all.get(i - 1).word())) {
          all.set(i, word.between(word.end() - longest, word.end()));
        }
      }
    }
    return all;
  }

  /** Joins opening marks with the word after them and closing marks with the word before. */
  static List<WordTiming> withPunctuation(List<WordTiming> words) {
    WordTiming[] all = words.toArray(WordTiming[]::new);
    for (int i = all.length - 2, next = all.length - 1; i >= 0; i--) {
      WordTiming mark = all[i];
      if (mark.word().startsWith(" ") && PREPENDED.contains(mark.word().strip())) {
        all[next] =
            all[next].written(mark.word() + all[next].word(), mark.tokens(), all[next].tokens());
        all[i] = nothing(mark);
      } else {
        next = i;
      }
    }
    for (int i = 1, before = 0; i < all.length; i++) {
      WordTiming mark = all[i];
      if (!all[before].word().endsWith(" ") && APPENDED.contains(mark.word())) {
        all[before] =
            all[before].written(
                all[before].word() + mark.word(), all[before].tokens(), mark.tokens());
        all[i] = nothing(mark);
      } else {
        before = i;
      }
    }
    List<WordTiming> kept = new ArrayList<>(List.of(all));
    kept.removeIf(word -> word.word().isEmpty());
    return kept;
  }
}
