package io.github.attention4j.viz.explain;

import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.List;

/// A word or a number of a labelled side of a map.
///
/// @param text as it stands there
/// @param from first position, inclusive
/// @param to last position, exclusive
public record Word(String text, int from, int to) {
  /// The words of a side. Where tokens are single characters, neighbouring letters make a word and
  /// neighbouring digits a number; where tokens are longer, each is a word. Tokens without a letter
  /// or digit, and those in angle or square brackets, are none.
  public static List<Word> of(Labels labels) {
    List<Word> words = new ArrayList<>();
    boolean characters =
        labels.texts().stream()
            .allMatch(text -> isSpecial(text) || text.codePointCount(0, text.length()) <= 1);
    int start = 0;
    for (int i = 0; i < labels.size(); i++) {
      Kind kind = kind(labels.texts().get(i));
      boolean continues =
          characters && i + 1 < labels.size() && kind == kind(labels.texts().get(i + 1));
      if (kind != Kind.OTHER && !continues) {
        words.add(new Word(String.join("", labels.texts().subList(start, i + 1)), start, i + 1));
      }
      if (kind == Kind.OTHER || !continues) {
        start = i + 1;
      }
    }
    return words;
  }

  /// How many positions.
  public int length() {
    return to - from;
  }

  private enum Kind {
    LETTER,
    DIGIT,
    OTHER
  }

  private static Kind kind(String token) {
    if (isSpecial(token)) {
      return Kind.OTHER;
    }
    if (token.codePoints().anyMatch(c -> Character.isLetter(c) || isMark(c))) {
      return Kind.LETTER;
    }
    return token.codePoints().anyMatch(Character::isDigit) ? Kind.DIGIT : Kind.OTHER;
  }

  /** Marks belong to the letter before them, as in scripts that write vowels so. */
  private static boolean isMark(int character) {
    int type = Character.getType(character);
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
  }

  private static boolean isSpecial(String token) {
    return token.length() > 2
        && ((token.startsWith("<") && token.endsWith(">"))
            || (token.startsWith("[") && token.endsWith("]")));
  }
}
