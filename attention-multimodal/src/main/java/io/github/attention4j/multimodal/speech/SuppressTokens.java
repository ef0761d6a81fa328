package io.github.attention4j.multimodal.speech;

import java.util.List;
import java.util.Set;

/// Tokens that are never written: `suppress_tokens` of `generation_config.json` (signs that are not
/// spoken) and those of [SpecialTokens#never].
///
/// @param tokens which; ids outside the vocabulary are ignored
public record SuppressTokens(Set<Integer> tokens) implements LogitRule {
  public SuppressTokens {
    tokens = Set.copyOf(tokens);
  }

  @Override
  public void apply(List<Integer> written, float[] logits) {
    for (int token : tokens) {
      if (token < logits.length) {
        logits[token] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
