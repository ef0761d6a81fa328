package io.github.attention4j.multimodal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/// Tokens that are single Unicode characters (code points), and a few that stand for none.
final class CharacterVocabulary {
  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final int unknown;

  /**
   * A vocabulary.
   *
   * @param tokens by id
   * @param unknown the id of what is not among them
   */
  CharacterVocabulary(String source, List<String> tokens, int unknown) {
    this.tokens = List.copyOf(tokens);
    this.unknown = unknown;
    for (int id = 0; id < tokens.size(); id++) {
      if (ids.put(tokens.get(id), id) != null) {
        throw new IllegalArgumentException(
            source + ": expected tokens that differ, got '" + tokens.get(id) + "' twice");
      }
    }
    if (unknown < 0 || unknown >= tokens.size()) {
      throw new IllegalArgumentException(
          source + ": expected an id of unknown below " + tokens.size() + ", got " + unknown);
    }
  }

  static List<String> characters(String text) {
    return text.codePoints().mapToObj(Character::toString).toList();
  }

  int size() {
    return tokens.size();
  }

  String token(long id) {
    return tokens.get(Math.toIntExact(id));
  }

  List<Long> encode(String text) {
    List<Long> encoded = new ArrayList<>();
    for (String character : characters(text)) {
      encoded.add((long) ids.getOrDefault(character, unknown));
    }
    return encoded;
  }

  List<String> unknown(String text) {
    LinkedHashSet<String> missing = new LinkedHashSet<>(characters(text));
    missing.removeAll(ids.keySet());
    return List.copyOf(missing);
  }
}
