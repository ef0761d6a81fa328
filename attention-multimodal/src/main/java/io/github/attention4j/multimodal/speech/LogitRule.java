package io.github.attention4j.multimodal.speech;

import java.util.List;

/// Which tokens may come next: a rule excludes a token by setting its logit to $-\infty$. Rules are
/// applied in order, and a later one sees what earlier ones excluded.
@FunctionalInterface
public interface LogitRule {
  /// Excludes tokens.
  ///
  /// @param written since the prompt
  /// @param logits of all tokens, changed in place
  void apply(List<Integer> written, float[] logits);
}
