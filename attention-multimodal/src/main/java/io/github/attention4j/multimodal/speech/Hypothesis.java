package io.github.attention4j.multimodal.speech;

import java.util.List;

/// What may have been said.
///
/// @param tokens without the end
/// @param logProbability of all of them, and of the end if it was written
/// @param ended whether it was
public record Hypothesis(List<Integer> tokens, double logProbability, boolean ended) {
  public Hypothesis {
    tokens = List.copyOf(tokens);
  }

  /// Per token, the end counted as one.
  public double averageLogProbability() {
    return logProbability / (tokens.size() + 1);
  }
}
