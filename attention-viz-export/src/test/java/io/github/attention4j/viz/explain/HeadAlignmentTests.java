package io.github.attention4j.viz.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class HeadAlignmentTests {
  private static final MapLabel LABEL = new MapLabel(MapLabel.Kind.CROSS, 1);

  @Test
  void charactersMakeWordsAndNumbers() {
    assertEquals(
        List.of(new Word("2", 0, 1), new Word("May", 2, 5), new Word("07", 6, 8)),
        Word.of(characters("2 May-07", "<eos>")));
  }

  @Test
  void lettersAndDigitsAreApart() {
    assertEquals(List.of(new Word("2", 0, 1), new Word("nd", 1, 3)), Word.of(characters("2nd")));
  }

  @Test
  void marksBelongToTheirLetter() {
    // Devanagari "मई" is a consonant and a vowel; "कि" a consonant with a vowel sign.
    assertEquals(List.of(new Word("कि", 0, 2)), Word.of(characters("कि")));
  }

  @Test
  void longerTokensAreWordsThemselves() {
    assertEquals(
        List.of(new Word("hello", 1, 2), new Word("world", 2, 3)),
        Word.of(Labels.tokens(List.of("[CLS]", "hello", "world", "."))));
  }

  @Test
  void partsOfADateAreNamed() {
    // Ten characters of output look at two words: the year at "2052", the rest at "May".
    float[] weights = new float[10 * 8];
    for (int q = 0; q < 10; q++) {
      weights[q * 8 + (q < 4 ? 4 : 1)] = 1;
    }
    HeadAlignment head = HeadAlignment.of(map(weights, "2052-05-02", "May 2052")).getFirst();
    assertEquals(
        "cross layer 1, head 0: the year 2052 looks at '2052' (100 %), the month 05 at 'May' (100 %), the day 02 at 'May' (100 %)",
        head.sentence());
  }

  @Test
  void halfIsNotClear() {
    float[] weights = {0.5f, 0, 0.5f};
    assertEquals(
        "cross layer 1, head 0: no word clearly, rests most on 'a' (50 %)",
        HeadAlignment.of(map(weights, "x", "a b")).getFirst().sentence());
  }

  @Test
  void pictureInTenths() {
    AttentionMap map = map(new float[] {0, 1, 0.26f, 0.04f}, "xy", "ab");
    assertEquals(List.of("  a b", "x . #", "y 3 ."), MapPicture.lines(map, List.of(0), false));
  }

  @Test
  void pictureInColourIsAsWide() {
    AttentionMap map = map(new float[] {0, 1, 0.26f, 0.04f}, "xy", "ab");
    List<String> lines = MapPicture.lines(map, List.of(0), true);
    assertEquals("x     ", lines.get(1).replaceAll("\u001b\\[[0-9;]*m", ""));
  }

  private static AttentionMap map(float[] weights, String queries, String keys) {
    return new AttentionMap(
        "decoder.1.cross",
        LABEL,
        Tensor.of(weights, 1, queries.length(), keys.length()),
        characters(queries),
        characters(keys),
        "");
  }

  private static Labels characters(String text, String... more) {
    return Labels.tokens(
        Stream.concat(text.codePoints().mapToObj(Character::toString), Stream.of(more)).toList());
  }
}
