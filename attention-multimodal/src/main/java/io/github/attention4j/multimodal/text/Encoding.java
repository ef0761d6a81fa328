package io.github.attention4j.multimodal.text;

import java.util.List;
import java.util.function.ToIntFunction;

/// A text, or a pair of texts, as a model reads it. Immutable.
///
/// @param tokens in the model's order, special tokens included
public record Encoding(List<Token> tokens) {
  /// Copies the list.
  public Encoding {
    tokens = List.copyOf(tokens);
  }

  /// How many tokens.
  public int length() {
    return tokens.size();
  }

  /// `input_ids`.
  public int[] ids() {
    return each(Token::id);
  }

  /// `token_type_ids`.
  public int[] types() {
    return each(Token::type);
  }

  /// The vocabulary's entries.
  public List<String> pieces() {
    return tokens.stream().map(Token::piece).toList();
  }

  private int[] each(ToIntFunction<Token> field) {
    return tokens.stream().mapToInt(field).toArray();
  }
}
