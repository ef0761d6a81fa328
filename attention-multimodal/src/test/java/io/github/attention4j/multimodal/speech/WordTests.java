package io.github.attention4j.multimodal.speech;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordTests {
  @TempDir Path folder;

  private Tokenizer tokenizer() throws IOException {
    byte[] json = Checkpoint.resources(WordTests.class, "tiny").bytes("tokenizer.json");
    return Tokenizer.load(Files.write(folder.resolve("tokenizer.json"), json));
  }

  private static List<String> words(WordSplitter splitter, List<Integer> tokens) {
    return splitter.split(tokens).stream().map(WordSplitter.Word::text).toList();
  }

  @Test
  void wordsBeginWithASpaceOrAreMarks() throws IOException {
    try (Tokenizer tokenizer = tokenizer()) {
      TokenText text = TokenText.of(tokenizer);
      List<Integer> tokens = text.encode(" the cat, in a café!");
      WordSplitter splitter = WordSplitter.of(text, "en");
      assertEquals(
          List.of(" the", " cat", ",", " in", " a", " café", "!"), words(splitter, tokens));
      // Together they are all tokens: the two bytes of é stay in one word.
      assertEquals(
          tokens, splitter.split(tokens).stream().flatMap(w -> w.tokens().stream()).toList());
      // Without spaces, every whole character is a word.
      List<Integer> cafe = text.encode("caé");
      assertEquals(List.of("c", "a", "é"), words(WordSplitter.of(text, "ja"), cafe));
      // A character that is never finished stays a broken one.
      assertEquals(
          List.of("c", "a", "\uFFFD"),
          words(WordSplitter.of(text, "ja"), cafe.subList(0, cafe.size() - 1)));
    }
  }

  private static WordTiming word(String word, double start, double end) {
    return new WordTiming(word, List.of(word.length()), start, end, 0.5);
  }

  private static List<String> texts(List<WordTiming> words) {
    return words.stream().map(WordTiming::word).toList();
  }

  @Test
  void marksJoinWords() {
    List<WordTiming> joined =
        WordTiming.withPunctuation(
            List.of(
                word(" He", 0, 1),
                word(" said", 1, 2),
                word(" \"", 2, 3),
                word("go", 3, 4),
                word("!", 4, 5),
                word("\"", 5, 6),
                word(" now", 6, 7)));
    assertEquals(List.of(" He", " said", " \"go!\"", " now"), texts(joined));
    // The times are those of the word, not of its marks.
    assertEquals(3, joined.get(2).start());
    assertEquals(4, joined.get(2).end());
    assertEquals(4, joined.get(2).tokens().size());
  }

  @Test
  void silenceBetweenSentencesBelongsToNobody() {
    List<WordTiming> words =
        List.of(
            word(" one", 0, 0.2),
            word(" two", 0.2, 0.4),
            word(".", 0.4, 3),
            word(" Three", 3, 5),
            word(" four", 5, 5.2));
    // Median 0.2: of 0.2, 0.2, 0.2, 2 and 2.6.
    List<WordTiming> shortened = WordTiming.shortened(words);
    assertEquals(0.8, shortened.get(2).end(), 1e-9);
    assertEquals(4.6, shortened.get(3).start(), 1e-9);
    assertEquals(0.7, WordTiming.median(List.of(word("a", 0, 5))));
    assertEquals(0, WordTiming.median(List.of(word("a", 1, 1))));
  }

  @Test
  void wordsGoToTheirSegments() {
    WordTimes times = new WordTimes();
    List<SegmentSplitter.Piece> pieces =
        List.of(
            new SegmentSplitter.Piece(0, 1, List.of(1, 2)),
            new SegmentSplitter.Piece(1, 2, List.of(3)));
    List<WordTimes.Timed> timed =
        times.distribute(
            pieces,
            List.of(List.of(1, 2), List.of(3)),
            List.of(
                new WordTiming(" a", List.of(1), 0.1, 0.5, 1),
                new WordTiming(" b", List.of(2), 0.5, 0.9, 1),
                new WordTiming(" c", List.of(3), 1.204, 1.6, 1)),
            30);
    assertEquals(List.of(" a", " b"), timed.get(0).words().stream().map(w -> w.text()).toList());
    assertEquals(30.5, timed.get(0).words().get(1).start());
    assertEquals(30.9, timed.get(0).end());
    // To hundredths, and the segment begins with its first word.
    assertEquals(31.2, timed.get(1).start());
  }

  @Test
  void longFirstWordsAfterAPauseAreCut() {
    WordTimes times = new WordTimes();
    times.spokeUntil(2);
    List<WordTimes.Timed> timed =
        times.distribute(
            List.of(new SegmentSplitter.Piece(0, 11, List.of(1, 2, 3))),
            List.of(List.of(1, 2, 3)),
            List.of(
                new WordTiming(" long", List.of(1), 0, 10, 1),
                new WordTiming(" b", List.of(2), 10, 10.4, 1),
                new WordTiming(" c", List.of(3), 10.4, 10.8, 1)),
            0);
    // The median is 0.4, so that no word after a pause is longer than 0.8.
    assertEquals(9.2, timed.getFirst().words().getFirst().start(), 1e-9);
    assertEquals(9.2, timed.getFirst().start(), 1e-9);
  }

  @Test
  void segmentsAreCutWhereTwoTimesMeet() {
    SpecialTokens tokens = LogitRuleTests.TOKENS;
    // Times 5 to 9 are 0 to 0.08 s. A pair in the middle, an open rest.
    SegmentSplitter open = SegmentSplitter.split(List.of(5, 0, 7, 7, 1, 8, 8, 0), tokens, 10, 0.01);
    assertEquals(2, open.pieces().size());
    assertEquals(List.of(7, 1, 8), open.pieces().get(1).tokens());
    assertEquals(0.04, open.pieces().get(1).start(), 1e-12);
    assertEquals(0.06, open.pieces().get(1).end(), 1e-12);
    assertEquals(6, open.frames());
    // A single time at the end: all is said.
    SegmentSplitter closed = SegmentSplitter.split(List.of(5, 0, 7, 7, 1, 8), tokens, 10, 0.01);
    assertEquals(2, closed.pieces().size());
    assertEquals(10, closed.frames());
    // No pair: one segment until the last time, or until the end of the window.
    assertEquals(
        0.04,
        SegmentSplitter.split(List.of(5, 0, 7), tokens, 10, 0.01).pieces().getFirst().end(),
        1e-12);
    SegmentSplitter none = SegmentSplitter.split(List.of(5, 0, 0), tokens, 10, 0.01);
    assertEquals(0.1, none.pieces().getFirst().end(), 1e-12);
    assertEquals(10, none.frames());
    assertEquals(1, SegmentSplitter.split(List.of(), tokens, 10, 0.01).pieces().size());
  }

  @Test
  void repetitionCompressesWell() {
    assertEquals(4 / 12.0, Decoding.compressionRatio("abcd"));
    assertEquals(0, Decoding.compressionRatio(""));
    assertEquals(true, Decoding.compressionRatio("ha ".repeat(100)) > 2.4);
  }

  @Test
  void whatIsPoorAndWhatIsSilence() {
    TranscriptionOptions options = TranscriptionOptions.defaults();
    assertEquals(List.of(false, false), verdict(options, -0.5, 0.1, 1.5));
    assertEquals(List.of(true, false), verdict(options, -1.5, 0.1, 1.5));
    assertEquals(List.of(true, false), verdict(options, -0.5, 0.1, 3));
    // Unlikely and probably nobody speaks: silence, not worth another try.
    assertEquals(List.of(false, true), verdict(options, -1.5, 0.9, 1.5));
    // Likely text wins over the sign of silence.
    assertEquals(List.of(false, false), verdict(options, -0.5, 0.9, 1.5));
  }

  private static List<Boolean> verdict(
      TranscriptionOptions options, double logProbability, double noSpeech, double ratio) {
    Decoding decoding = new Decoding(List.of(), "", logProbability, noSpeech, 0, ratio);
    return Stream.of(decoding.isPoor(options), decoding.isSilence(options)).toList();
  }

  @Test
  void files() {
    Transcript transcript =
        new Transcript(
            "en",
            3700,
            List.of(
                new Transcript.Segment(
                    0, 1.5, " A --> B <i>", List.of(1), 0, -0.5, 1, 0, List.of()),
                new Transcript.Segment(
                    3661.234,
                    3662,
                    " two\n\nlines",
                    List.of(2),
                    0,
                    -0.5,
                    1,
                    0,
                    List.of(new Transcript.Word(" two", 3661.234, 3661.5, 0.25)))));
    assertEquals("A --> B <i>\ntwo lines\n", TranscriptFormat.TEXT.render(transcript));
    assertEquals(
        """
        1
        00:00:00,000 --> 00:00:01,500
        A -> B <i>

        2
        01:01:01,234 --> 01:01:02,000
        two lines

        """,
        TranscriptFormat.SRT.render(transcript));
    assertEquals(
        """
        WEBVTT

        00:00:00.000 --> 00:00:01.500
        A --&gt; B &lt;i&gt;

        01:01:01.234 --> 01:01:02.000
        two lines

        """,
        TranscriptFormat.VTT.render(transcript));
    String json = TranscriptFormat.JSON.render(transcript);
    assertEquals(true, json.contains("\"start\" : 3661.234"), json);
    assertEquals(true, json.contains("\"word\" : \" two\""), json);
  }
}
