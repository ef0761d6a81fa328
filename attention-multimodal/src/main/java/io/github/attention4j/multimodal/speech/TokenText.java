package io.github.attention4j.multimodal.speech;

import io.github.attention4j.multimodal.text.Encoding;
import io.github.attention4j.multimodal.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// What speech recognition asks of a tokenizer.
public interface TokenText {
  /// The text of tokens, joined; bytes that are no character become U+FFFD, special tokens nothing.
  String decode(List<Integer> tokens);

  /// The tokens of a text, without special ones around it.
  List<Integer> encode(String text);

  /// The id of a token by its own name, such as `<|transcribe|>`.
  OptionalInt id(String token);

  /// A published tokenizer.
  static TokenText of(Tokenizer tokenizer) {
    return new TokenText() {
      @Override
      public String decode(List<Integer> tokens) {
        return tokenizer.decode(tokens.stream().mapToInt(token -> token).toArray());
      }

      @Override
      public List<Integer> encode(String text) {
        Encoding encoding = tokenizer.encodeBare(text);
        return Arrays.stream(encoding.ids()).boxed().toList();
      }

      @Override
      public OptionalInt id(String token) {
        return tokenizer.id(token);
      }
    };
  }
}
