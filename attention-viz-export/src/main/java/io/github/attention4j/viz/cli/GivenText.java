package io.github.attention4j.viz.cli;

import io.github.attention4j.multimodal.text.Encoding;
import io.github.attention4j.multimodal.text.Tokenizer;
import io.github.attention4j.viz.explain.Positions;
import io.github.attention4j.viz.explain.VocabularyConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Texts as the tokens that a model reads.
 *
 * @param tokenizer none if there is none
 * @param vocabulary what the model's configuration says of special tokens
 * @param folder where the tokenizer would lie
 */
record GivenText(Optional<Tokenizer> tokenizer, VocabularyConfig vocabulary, Path folder) {
  /** What an encoder, or a model without one, reads; null if nothing is given. */
  @Nullable Positions source(Optional<String> text, Optional<String> pair, List<Long> ids) {
    if (!ids.isEmpty()) {
      return Positions.named(ids, tokenizer);
    }
    if (text.isEmpty()) {
      if (pair.isPresent()) {
        throw new IllegalArgumentException("pair: expected a first text beside it");
      }
      return null;
    }
    Tokenizer known = needed("text");
    Encoding encoding =
        pair.isEmpty() ? known.encode(text.get()) : known.encode(text.get(), pair.get());
    if (encoding.length() == 0) {
      throw new IllegalArgumentException("text: expected at least one token, got an empty text");
    }
    return Positions.of(known, encoding, text.get(), pair.orElse(""));
  }

  /** What a decoder has written behind its start token; null if that is not known. */
  @Nullable Positions target(Optional<String> text) {
    OptionalLong start = vocabulary.start();
    if (start.isEmpty()) {
      if (text.isPresent()) {
        throw new IllegalArgumentException(
            "target: expected decoder_start_token_id in config.json in "
                + folder
                + ", found none: give decoder_input_ids by --input");
      }
      return null;
    }
    List<Long> ids = new ArrayList<>(List.of(start.getAsLong()));
    if (text.isPresent()) {
      for (int id : needed("target").encodeBare(text.get()).ids()) {
        ids.add((long) id);
      }
    }
    return Positions.named(ids, tokenizer);
  }

  /** What a decoder without its encoder has written: token numbers are taken as they are. */
  @Nullable Positions onlyTarget(Optional<String> text, List<Long> ids) {
    return ids.isEmpty() ? text.isEmpty() ? null : target(text) : Positions.named(ids, tokenizer);
  }

  private Tokenizer needed(String what) {
    return tokenizer.orElseThrow(() ->
        new IllegalArgumentException(
            what
                + ": expected --tokenizer tokenizer.json, or that file in "
                + folder
                + "; or --ids with the tokens' numbers"));
  }
}
