package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Which tokens make a word: those up to the next space or punctuation; in languages written
/// without spaces, those up to the next whole character.
///
/// Source: openai/whisper `tokenizer.py`.
///
/// @param text decodes
/// @param spaceless whether the language is written without spaces
record WordSplitter(TokenText text, boolean spaceless) {
  private static final Set<String> SPACELESS = Set.of("zh", "ja", "th", "lo", "my", "yue");
  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  private static final char REPLACEMENT = '\uFFFD';

  /** A word and its tokens. */
  record Word(String text, List<Integer> tokens) {
    Word {
      tokens = List.copyOf(tokens);
    }

    Word and(Word more) {
      List<Integer> all = new ArrayList<>(tokens);
      all.addAll(more.tokens);
      return new Word(text + more.text, all);
    }
  }

  static WordSplitter of(TokenText text, String language) {
    return new WordSplitter(text, SPACELESS.contains(language));
  }

  /** The words of text tokens, together all of them. */
  List<Word> split(List<Integer> tokens) {
    List<Word> characters = characters(tokens);
    if (spaceless) {
      return characters;
    }
    List<Word> words = new ArrayList<>();
    for (Word part : characters) {
      if (words.isEmpty()
          || part.text().startsWith(" ")
          || PUNCTUATION.contains(part.text().strip())) {
        words.add(part);
      } else {
        words.add(words.removeLast().and(part));
      }
    }
    return words;
  }

  /** The smallest groups of tokens that are whole characters. */
  private List<Word> characters(List<Integer> tokens) {
    String whole = text.decode(tokens);
    List<Word> groups = new ArrayList<>();
    List<Integer> current = new ArrayList<>();
    int offset = 0;
    for (int token : tokens) {
      current.add(token);
      String decoded = text.decode(current);
      int broken = decoded.indexOf(REPLACEMENT);
      // The text itself may hold a replacement character.
      boolean real =
          broken >= 0
              && offset + broken < whole.length()
              && whole.charAt(offset + broken) == REPLACEMENT;
      if (broken < 0 || real) {
        groups.add(new Word(decoded, current));
        offset += decoded.length();
        current = new ArrayList<>();
      }
    }
    if (!current.isEmpty()) {
      groups.add(new Word(text.decode(current), current));
    }
    return groups;
  }
}
