package io.github.attention4j.multimodal.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenizerTests {
  private static final String WORD_PIECE =
      """
      {"version":"1.0","truncation":{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0},
       "padding":{"strategy":{"Fixed":16},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[UNK]"},
       "added_tokens":[
        {"id":1,"content":"[CLS]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
        {"id":2,"content":"[SEP]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
       "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
       "pre_tokenizer":{"type":"BertPreTokenizer"},
       "post_processor":{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]},
       "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
       "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"the":3,"cat":4,"sleep":5,"##ing":6,"##s":7,".":8}}}
      """;

  private static final String UNIGRAM =
      """
      {"version":"1.0","truncation":null,"padding":null,
       "added_tokens":[{"id":4,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
       "normalizer":null,
       "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
       "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],
        "special_tokens":{"</s>":{"id":"</s>","ids":[4],"tokens":["</s>"]}}},
       "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
       "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["▁the",-1.0],["▁ca",-2.0],["t",-3.0]]}}
      """;

  @TempDir Path folder;

  private Tokenizer tokenizer(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    return Tokenizer.load(folder);
  }

  @Test
  void wordPiecesCarryTheirWordsAndPlaces() throws IOException {
    try (Tokenizer tokenizer = tokenizer(WORD_PIECE)) {
      Encoding encoding = tokenizer.encode("The 😀 cats sleeping.");
      assertArrayEquals(new int[] {1, 3, 0, 4, 7, 5, 6, 8, 2}, encoding.ids());
      assertEquals(
          List.of("[CLS]", "the", "[UNK]", "cat", "##s", "sleep", "##ing", ".", "[SEP]"),
          encoding.pieces());
      assertEquals(
          new Token(0, "[UNK]", "😀", 0, 0, 1, false, 4, 6),
          encoding.tokens().get(2),
          "one code point, two UTF-16 units");
      assertEquals(new Token(7, "##s", "s", 0, 0, 2, false, 10, 11), encoding.tokens().get(4));
      assertEquals(new Token(2, "[SEP]", "[SEP]", 0, -1, -1, true, 0, 0), encoding.tokens().get(8));
      assertEquals("the cat", tokenizer.decode(1, 3, 4, 2));
      assertEquals("[CLS] the cat [SEP]", tokenizer.decodeWithSpecial(1, 3, 4, 2));
    }
  }

  @Test
  void thePaddingAndTruncationOfTheFileAreOff() throws IOException {
    try (Tokenizer tokenizer = tokenizer(WORD_PIECE)) {
      assertEquals(12, tokenizer.encode("the cat ".repeat(5)).length());
      assertEquals(2, tokenizer.encode("").length());
      assertEquals(0, tokenizer.encodeBare("").length());
      assertEquals(2002, tokenizer.encode("cat ".repeat(2000)).length());
    }
  }

  @Test
  void aPairHasTwoSequences() throws IOException {
    try (Tokenizer tokenizer = tokenizer(WORD_PIECE)) {
      Encoding encoding = tokenizer.encode("the cat", "sleeping");
      assertArrayEquals(new int[] {1, 3, 4, 2, 5, 6, 2}, encoding.ids());
      assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1, 1}, encoding.types());
      assertEquals(
          List.of(-1, 0, 0, -1, 1, 1, -1),
          encoding.tokens().stream().map(Token::sequence).toList());
      assertEquals("ing", encoding.tokens().get(5).surface());
    }
  }

  @Test
  void scoredPiecesAreAListInTheFile() throws IOException {
    try (Tokenizer tokenizer = tokenizer(UNIGRAM)) {
      Encoding encoding = tokenizer.encode("the cat");
      assertArrayEquals(new int[] {1, 2, 3, 4}, encoding.ids());
      assertEquals("the cat", tokenizer.decode(encoding.ids()));
      assertEquals(OptionalInt.of(2), tokenizer.id("▁ca"));
      assertEquals(OptionalInt.of(4), tokenizer.id("</s>"));
      assertEquals(OptionalInt.empty(), tokenizer.id("dog"));
      assertEquals("t", tokenizer.piece(3));
      assertEquals(5, tokenizer.size());
      assertEquals(Set.of(4), tokenizer.special());
    }
  }

  @Test
  void whatIsNoTokenizerIsRefused() {
    assertSays(
        "save_pretrained", assertThrows(NoSuchFileException.class, () -> Tokenizer.load(folder)));
    assertRefused("{\"model_type\":\"bert\"}", "no object 'model'");
    assertRefused("not json", "expected valid JSON");
    assertRefused("{\"model\":{\"type\":\"Psychic\",\"vocab\":{}}}", "expected a tokenizer");
  }

  private void assertRefused(String json, String said) {
    assertSays(said, assertThrows(IllegalArgumentException.class, () -> tokenizer(json)));
  }

  private static void assertSays(String said, Exception refusal) {
    assertTrue(refusal.toString().contains(said), refusal::toString);
  }

  @Test
  void aStrangeTokenAndAClosedTokenizerAreNamed() throws IOException {
    Tokenizer tokenizer = tokenizer(WORD_PIECE);
    assertSays(
        "got 99", assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(3, 99)));
    tokenizer.close();
    tokenizer.close();
    assertSays("closed", assertThrows(IllegalStateException.class, () -> tokenizer.encode("the")));
  }
}
