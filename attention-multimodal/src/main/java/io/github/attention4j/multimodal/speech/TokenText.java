package io.github.attention4j.multimodal.speech;

import java.util.List;
import java.util.OptionalInt;

/// What speech recognition asks of a tokenizer.
public interface TokenText {
  /// The text of tokens, joined; bytes that are no character become U+FFFD.
  String decode(List<Integer> tokens);

  /// The tokens of a text, without special ones around it.
  List<Integer> encode(String text);

  /// The id of a token by its own name, such as `<|transcribe|>`.
  OptionalInt id(String token);
}
