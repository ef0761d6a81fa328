package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.trace.Labels;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenPatternsTests {
  @Test
  void knowsSeparatorsAndPunctuationOfTokenizers() {
    for (String token : List.of("[SEP]", "</s>", "<|endoftext|>")) {
      assertTrue(TokenPatterns.isSeparator(token), token);
    }
    for (String token : List.of(".", ",", "Ġ(", "▁…", "##!", "«")) {
      assertTrue(TokenPatterns.isPunctuation(token), token);
    }
    for (String token : List.of("", "▁", "a.", "[SEP]", "Ġ", "7", "<s>")) {
      assertFalse(TokenPatterns.isPunctuation(token), token);
    }
  }

  @Test
  void inductionLooksBehindEarlierOccurrences() {
    Labels tokens = Labels.tokens(List.of("x", "x", "y", "x"));
    int[][] cells = TokenPatterns.of(tokens, tokens, true).of(Role.INDUCTION);
    assertNotNull(cells);
    assertEquals(0, cells[0].length);
    assertArrayEquals(new int[] {1}, cells[1]);
    assertEquals(0, cells[2].length);
    assertArrayEquals(new int[] {1, 2}, cells[3]);
  }

  @Test
  void crossAttentionHasNoPreviousToken() {
    TokenPatterns patterns =
        TokenPatterns.of(Labels.tokens(List.of("a")), Labels.tokens(List.of("b", "</s>")), false);
    assertNull(patterns.of(Role.PREVIOUS));
    assertNull(patterns.of(Role.INDUCTION));
    assertNotNull(patterns.of(Role.SEPARATOR));
  }
}
