package io.github.attention4j.multimodal.clip;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.multimodal.text.Encoding;
import io.github.attention4j.multimodal.text.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Captions as the text tower reads them: one row of ids each, the shorter ones padded behind with
/// their own end token and masked there.
///
/// The end token is what the tower is read at, at its first position, so padding with it changes
/// nothing; it is what the published tokenizers of CLIP pad with.
///
/// @param texts the captions
/// @param ids int64 `[captions, length]`
/// @param mask int64 `[captions, length]`: 1 for tokens, 0 for padding
/// @param tokens what the positions of each caption are, without padding
public record EncodedCaptions(
    List<String> texts, LongTensor ids, LongTensor mask, List<List<String>> tokens) {
  private static final int SHOWN = 40;

  public EncodedCaptions {
    texts = List.copyOf(texts);
    tokens = tokens.stream().map(List::copyOf).toList();
  }

  /// Pads what a tokenizer made.
  ///
  /// @param longest the positions the tower has, `max_position_embeddings`
  /// @param truncate whether a longer caption is cut, its end token kept; else it is refused
  /// @throws IllegalArgumentException if there is no caption, or one has no token or too many; says
  ///   how many
  static EncodedCaptions of(
      List<String> texts, List<Encoding> encodings, int longest, boolean truncate) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("captions: expected at least one, got none");
    }
    List<Row> rows =
        IntStream.range(0, texts.size())
            .mapToObj(i -> row(texts.get(i), encodings.get(i), longest, truncate))
            .toList();
    int length = rows.stream().mapToInt(row -> row.ids().size()).max().orElse(0);
    LongTensor ids = LongTensor.allocate(rows.size(), length);
    LongTensor mask = LongTensor.allocate(rows.size(), length);
    for (int r = 0; r < rows.size(); r++) {
      List<Integer> row = rows.get(r).ids();
      for (int i = 0; i < length; i++) {
        ids.set((long) r * length + i, row.get(Math.min(i, row.size() - 1)));
        mask.set((long) r * length + i, i < row.size() ? 1 : 0);
      }
    }
    return new EncodedCaptions(texts, ids, mask, rows.stream().map(Row::tokens).toList());
  }

  private record Row(List<Integer> ids, List<String> tokens) {}

  private static Row row(String text, Encoding encoding, int longest, boolean truncate) {
    List<Integer> ids = encoding.tokens().stream().map(Token::id).toList();
    List<String> tokens = encoding.tokens().stream().map(Token::surface).toList();
    if (ids.isEmpty()) {
      throw new IllegalArgumentException(
          "caption '" + shown(text) + "': expected at least one token, got none");
    }
    if (ids.size() <= longest) {
      return new Row(ids, tokens);
    }
    if (!truncate) {
      throw new IllegalArgumentException(
          "caption '"
              + shown(text)
              + "': expected at most "
              + longest
              + " tokens, begin and end included, got "
              + ids.size());
    }
    return new Row(cut(ids, longest), cut(tokens, longest));
  }

  /** The first ones and the last. */
  private static <T> List<T> cut(List<T> all, int longest) {
    List<T> kept = new ArrayList<>(all.subList(0, longest - 1));
    kept.add(all.getLast());
    return kept;
  }

  private static String shown(String text) {
    return text.codePointCount(0, text.length()) <= SHOWN
        ? text
        : text.substring(0, text.offsetByCodePoints(0, SHOWN)) + "…";
  }
}
