package io.github.attention4j.multimodal.speech;

import java.util.List;

/// How a sequence may go on.
///
/// @param rules in order
/// @param end the token that ends it
/// @param most tokens at most, without the end
public record Continuation(List<LogitRule> rules, int end, int most) {
  public Continuation {
    rules = List.copyOf(rules);
    if (most < 1) {
      throw new IllegalArgumentException("most: expected at least 1, got " + most);
    }
  }

  /// Log-probabilities of the next token under the rules; where they exclude all, the end is
  /// certain.
  ///
  /// @param written since the prompt
  /// @param logits of the model, unchanged
  public double[] logProbabilities(List<Integer> written, float[] logits) {
    float[] allowed = logits.clone();
    for (LogitRule rule : rules) {
      rule.apply(written, allowed);
    }
    double[] logs = logSoftmax(allowed);
    if (logs[argmax(logs)] == Double.NEGATIVE_INFINITY) {
      logs[end] = 0;
    }
    return logs;
  }

  /// $x_i - \log \sum_j e^{x_j}$ in float64; all $-\infty$ where all of $x$ is.
  static double[] logSoftmax(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double[] logs = new double[logits.length];
    double sum = 0;
    for (float logit : logits) {
      sum += logit == Float.NEGATIVE_INFINITY ? 0 : Math.exp(logit - largest);
    }
    double total = largest + Math.log(sum);
    for (int i = 0; i < logs.length; i++) {
      logs[i] = logits[i] == Float.NEGATIVE_INFINITY ? Double.NEGATIVE_INFINITY : logits[i] - total;
    }
    return logs;
  }

  /// The first of the largest.
  static int argmax(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
