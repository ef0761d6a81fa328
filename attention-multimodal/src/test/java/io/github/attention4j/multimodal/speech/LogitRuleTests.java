package io.github.attention4j.multimodal.speech;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LogitRuleTests {
  /** Texts 0 and 1, end 2, start 3, no timestamps 4, times 5 to 9. */
  static final SpecialTokens TOKENS =
      new SpecialTokens(
          3,
          2,
          Map.of(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          4,
          5,
          10,
          OptionalInt.empty(),
          OptionalInt.empty(),
          Set.of(3, 4));

  /** The tokens a rule leaves, of logits that make text much more likely than times. */
  private static List<Integer> left(LogitRule rule, List<Integer> written) {
    return left(rule, written, new float[] {5, 5, 5, 5, 5, 0, 0, 0, 0, 0});
  }

  private static List<Integer> left(LogitRule rule, List<Integer> written, float[] logits) {
    rule.apply(written, logits);
    List<Integer> left = new ArrayList<>();
    for (int token = 0; token < logits.length; token++) {
      if (logits[token] > Float.NEGATIVE_INFINITY) {
        left.add(token);
      }
    }
    return left;
  }

  @Test
  void suppressed() {
    assertEquals(
        List.of(0, 2, 3, 5, 6, 7, 8, 9), left(new SuppressTokens(Set.of(1, 4, 99)), List.of()));
    assertEquals(
        List.of(0, 1, 3, 4, 5, 6, 7, 8, 9), left(new SuppressAtBegin(Set.of(2)), List.of()));
    assertEquals(10, left(new SuppressAtBegin(Set.of(2)), List.of(1)).size());
  }

  @Test
  void timestamps() {
    LogitRule rule = new TimestampRules(TOKENS, 2);
    // The first is a time of at most two steps.
    assertEquals(List.of(5, 6, 7), left(rule, List.of()));
    // After the first: no second time.
    assertEquals(List.of(0, 1, 2, 3, 4), left(rule, List.of(6)));
    // Text goes on, or a later time ends the segment: no empty segment.
    assertEquals(List.of(0, 1, 2, 3, 4, 7, 8, 9), left(rule, List.of(6, 0)));
    // A single time is followed by its like or a later one, or by the end; never by text.
    assertEquals(List.of(2, 3, 4, 8, 9), left(rule, List.of(6, 0, 8)));
    // A pair is followed by text.
    assertEquals(List.of(0, 1, 2, 3, 4), left(rule, List.of(6, 0, 8, 8)));
    // Times never decrease.
    assertEquals(List.of(0, 1, 2, 3, 4, 9), left(rule, List.of(6, 0, 8, 8, 1)));
  }

  @Test
  void timesTogetherMoreLikelyThanAnyText() {
    LogitRule rule = new TimestampRules(TOKENS, 2);
    // Three times of logit 0 are e^0 * 3 > e^1, though none of them is.
    float[] logits = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assertEquals(List.of(7, 8, 9), left(rule, List.of(6, 0), logits.clone()));
    float[] more = {1.2f, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assertEquals(List.of(0, 1, 2, 3, 4, 7, 8, 9), left(rule, List.of(6, 0), more));
  }

  @Test
  void probabilitiesOfWhatIsLeft() {
    Continuation continuation = new Continuation(List.of(new SuppressTokens(Set.of(0))), 2, 4);
    double[] logs =
        continuation.logProbabilities(List.of(), new float[] {9, 0, (float) Math.log(3)});
    assertArrayEquals(
        new double[] {Double.NEGATIVE_INFINITY, Math.log(0.25), Math.log(0.75)}, logs, 1e-7);
    // Where nothing is left, it ends.
    Continuation none = new Continuation(List.of(new SuppressTokens(Set.of(0, 1, 2))), 2, 4);
    assertEquals(2, Continuation.argmax(none.logProbabilities(List.of(), new float[3])));
    // Large logits do not overflow.
    assertEquals(0, Continuation.logSoftmax(new float[] {3e38f, -3e38f})[0]);
  }
}
