package io.github.attention4j.cpu.structure;

/// How probable each arc of a dependency tree is.
///
/// Words are numbered from 1; 0 is the root symbol. `scores[m - 1][h]` is the score of head `h` for
/// word `m`, −∞ where that arc is not allowed. Words without any allowed head do not exist: they
/// are no heads either. A word is never its own head. Where no tree is possible all weights are 0.
public interface TreeMarginals {
  /// Computes all marginals.
  ///
  /// @param weights receives $p(\text{head}(m) = h)$ at `[m - 1][h]`
  /// @return the log-partition; −∞ if no tree is possible or there are no words
  double weigh(double[][] scores, double[][] weights);
}
