package io.github.attention4j.viz.explain;

import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.text.Encoding;
import io.github.attention4j.multimodal.text.Token;
import io.github.attention4j.multimodal.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What a model reads on one side: a text as tokens, or a picture as patches.
///
/// @param labels one per position
/// @param ids the tokens' numbers; none for patches
/// @param types the tokens' segments
/// @param words for each position which word it is a piece of; pieces of one word have the same
///   number and stand beside each other
/// @param wordTexts what the words are called
/// @param pairStart where the second text of a pair begins; -1 if there is none
// Handed on and read, never compared or published.
@SuppressWarnings("ArrayRecordComponent")
public record Positions(
    Labels labels, long[] ids, long[] types, int[] words, List<String> wordTexts, int pairStart) {
  public Positions {
    wordTexts = List.copyOf(wordTexts);
  }

  /// A text as a tokenizer reads it. Special tokens are words of their own.
  ///
  /// @param text as given
  /// @param pair as given; empty if there is none
  public static Positions of(Tokenizer tokenizer, Encoding encoding, String text, String pair) {
    List<Token> tokens = encoding.tokens();
    TokenText readable = new TokenText(tokenizer);
    List<String> labels = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    int[] words = new int[tokens.size()];
    int pairStart = -1;
    Token before = null;
    int start = 0;
    for (int i = 0; i < words.length; i++) {
      Token token = tokens.get(i);
      labels.add(readable.of(token.id()));
      boolean same =
          before != null
              && token.word() >= 0
              && token.word() == before.word()
              && token.sequence() == before.sequence();
      start = same ? start : token.start();
      if (token.sequence() == 1 && pairStart < 0) {
        pairStart = i;
      }
      String given = token.sequence() == 1 ? pair : text;
      String whole =
          token.sequence() >= 0 && token.end() > start
              ? given.substring(start, token.end()).strip()
              : token.piece();
      if (same) {
        texts.set(texts.size() - 1, whole);
      } else {
        texts.add(whole);
      }
      words[i] = texts.size() - 1;
      before = token;
    }
    return new Positions(
        Labels.tokens(labels),
        widened(encoding.ids()),
        widened(encoding.types()),
        words,
        texts,
        pairStart);
  }

  private static long[] widened(int[] numbers) {
    return Arrays.stream(numbers).asLongStream().toArray();
  }

  /// Tokens known by their numbers, with the texts of a vocabulary if there is one.
  public static Positions named(List<Long> ids, Optional<Tokenizer> tokenizer) {
    return tokenizer.isPresent() ? of(ids, tokenizer.get()) : of(ids);
  }

  /// Tokens known only by their numbers.
  static Positions of(List<Long> ids) {
    List<String> texts = ids.stream().map(id -> Long.toString(id)).toList();
    return ofEach(Labels.tokens(texts), ids.stream().mapToLong(Long::longValue).toArray());
  }

  /// Positions each of which is a word of its own.
  static Positions ofEach(Labels labels, long[] ids) {
    int[] words = new int[labels.size()];
    Arrays.setAll(words, i -> i);
    return new Positions(labels, ids, new long[ids.length], words, labels.texts(), -1);
  }

  /// Tokens known by their numbers, with the texts of a vocabulary. A token that does not begin
  /// with the mark of a space, or with `##`, goes on with the word before.
  ///
  /// @throws IllegalArgumentException if the vocabulary lacks one
  static Positions of(List<Long> ids, Tokenizer tokenizer) {
    TokenText readable = new TokenText(tokenizer);
    List<String> labels = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    int[] words = new int[ids.size()];
    for (int i = 0; i < words.length; i++) {
      int id = Math.toIntExact(ids.get(i));
      String label = readable.of(id);
      labels.add(label);
      if (i > 0 && readable.goesOn(Math.toIntExact(ids.get(i - 1)), id)) {
        texts.set(texts.size() - 1, texts.getLast() + label.replaceFirst("^##", ""));
      } else {
        texts.add(label);
      }
      words[i] = texts.size() - 1;
    }
    texts.replaceAll(text -> text.length() > 1 ? text.replaceFirst("^\u2581", "") : text);
    long[] numbers = ids.stream().mapToLong(Long::longValue).toArray();
    return new Positions(
        Labels.tokens(labels), numbers, new long[numbers.length], words, texts, -1);
  }

  /// How many.
  public int size() {
    return labels.size();
  }
}
