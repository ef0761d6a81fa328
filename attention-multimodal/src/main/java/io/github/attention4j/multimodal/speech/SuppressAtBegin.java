package io.github.attention4j.multimodal.speech;

import java.util.List;
import java.util.Set;

/// Tokens that are not written first: `begin_suppress_tokens` (a space and the end), so that a
/// window does not come out empty.
///
/// @param tokens which
public record SuppressAtBegin(Set<Integer> tokens) implements LogitRule {
  public SuppressAtBegin {
    tokens = Set.copyOf(tokens);
  }

  @Override
  public void apply(List<Integer> written, float[] logits) {
    if (written.isEmpty()) {
      new SuppressTokens(tokens).apply(written, logits);
    }
  }
}
