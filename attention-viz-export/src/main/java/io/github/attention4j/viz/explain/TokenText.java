package io.github.attention4j.viz.explain;

import io.github.attention4j.multimodal.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What people read of a vocabulary's entry.
///
/// Byte-level entries are written in letters that stand for bytes: `Ġcafé` is `▁café`. The mark of
/// a space before a piece is `▁` for every kind of vocabulary, `##` of WordPiece stays, a line feed
/// is `⏎`, and bytes that are no character by themselves are `<E2>`. Special tokens stay as they
/// are.
final class TokenText {
  private static final String SPACE = "\u2581";
  private static final Map<Integer, Byte> BYTES = bytes();

  private final boolean byteLevel;
  private final Set<Integer> special;
  private final Tokenizer tokenizer;

  /// Reads entries of this vocabulary; it is byte-level if it has the letter that stands for a
  /// space, as every vocabulary of all 256 bytes does.
  TokenText(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.byteLevel = tokenizer.id("\u0120").isPresent();
    this.special = tokenizer.special();
  }

  /// The text of a token; its number where the vocabulary ends before it, as it does before a start
  /// token that only the model has.
  String of(int id) {
    if (id < 0 || id >= tokenizer.size()) {
      return Integer.toString(id);
    }
    String piece = tokenizer.piece(id);
    return special.contains(id) || !byteLevel ? piece : decoded(piece);
  }

  /// Whether a token goes on with the word of the one before.
  boolean goesOn(int before, int id) {
    boolean known = Math.min(before, id) >= 0 && Math.max(before, id) < tokenizer.size();
    if (!known || special.contains(before) || special.contains(id)) {
      return false;
    }
    String text = of(id);
    boolean spaces = byteLevel || tokenizer.id(SPACE).isPresent();
    return spaces ? !text.startsWith(SPACE) && !text.isBlank() : text.startsWith("##");
  }

  private static String decoded(String piece) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    piece.codePoints().forEach(letter -> bytes.write(BYTES.getOrDefault(letter, (byte) '?')));
    String text = text(bytes.toByteArray());
    return text.replace(' ', SPACE.charAt(0)).replace("\n", "\u23ce");
  }

  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException partOfACharacter) {
      StringBuilder text = new StringBuilder();
      for (byte one : bytes) {
        text.append(String.format(Locale.ROOT, "<%02X>", one));
      }
      return text.toString();
    }
  }

  /** The bytes that byte-level vocabularies write as other letters: those that are not printed. */
  private static Map<Integer, Byte> bytes() {
    Map<Integer, Byte> bytes = new HashMap<>();
    int next = 0x100;
    for (int value = 0; value < 0x100; value++) {
      boolean printed =
          (value >= '!' && value <= '~')
              || (value >= 0xa1 && value <= 0xac)
              || (value >= 0xae && value <= 0xff);
      bytes.put(printed ? value : next++, (byte) value);
    }
    return bytes;
  }
}
