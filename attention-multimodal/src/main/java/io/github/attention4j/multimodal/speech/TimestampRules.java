package io.github.attention4j.multimodal.speech;

import java.util.Arrays;
import java.util.List;

/// What keeps timestamps in order:
///
/// - the first token is a timestamp, at most [#lastInitial];
/// - they come in pairs, except before the end: after a single one no text, after two no third;
/// - they never decrease, and a segment is never empty;
/// - where all timestamps together are more likely than every other token, one of them is written.
///
/// Source: Radford et al. 2022 (arXiv:2212.04356), section 4.5; `ApplyTimestampRules`,
/// `WhisperTimeStampLogitsProcessor`.
///
/// @param tokens which are timestamps and which are text
/// @param lastInitial the latest first timestamp, as a number of steps of the encoder; published: 1
///   second, 50
public record TimestampRules(SpecialTokens tokens, int lastInitial) implements LogitRule {
  @Override
  public void apply(List<Integer> written, float[] logits) {
    int first = tokens.firstTimestamp();
    int count = written.size();
    boolean after = count >= 1 && tokens.isTimestamp(written.get(count - 1));
    boolean before = count < 2 || tokens.isTimestamp(written.get(count - 2));
    if (after && before) {
      exclude(logits, first, logits.length);
    } else if (after) {
      tokens.text().stream().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
    }
    for (int i = count - 1; i >= 0; i--) {
      if (tokens.isTimestamp(written.get(i))) {
        // The second of a pair may repeat the first.
        exclude(logits, first, written.get(i) + (after && !before ? 0 : 1));
        break;
      }
    }
    if (count == 0) {
      exclude(logits, 0, first);
      exclude(logits, first + lastInitial + 1, logits.length);
    }
    if (timestampIsDue(logits)) {
      exclude(logits, 0, first);
    }
  }

  private boolean timestampIsDue(float[] logits) {
    int first = tokens.firstTimestamp();
    double text = Double.NEGATIVE_INFINITY;
    for (int token = 0; token < first; token++) {
      text = Math.max(text, logits[token]);
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (int token = first; token < logits.length; token++) {
      largest = Math.max(largest, logits[token]);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      return false;
    }
    double sum = 0;
    for (int token = first; token < logits.length; token++) {
      sum += Math.exp(logits[token] - largest);
    }
    return largest + Math.log(sum) > text;
  }

  private static void exclude(float[] logits, int from, int to) {
    int end = Math.min(to, logits.length);
    if (from < end) {
      Arrays.fill(logits, from, end, Float.NEGATIVE_INFINITY);
    }
  }
}
