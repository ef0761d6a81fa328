package io.github.attention4j.cpu.structure;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Shape;

/// The linear-chain CRF of [Normalizer.ChainCrf] by forward-backward in log space: marginals in
/// time linear in the chain.
public final class Chain {
  private final Normalizer.ChainCrf crf;
  private int[] keys = new int[0];
  private double[] ahead = new double[0];
  private double[] behind = new double[0];
  private double[] unary = new double[0];
  private int length;
  private double logPartition;

  /// A chain with these transitions, to be used for one query after another by one thread.
  public Chain(Normalizer.ChainCrf crf) {
    this.crf = crf;
  }

  /// Computes the marginals of one query.
  ///
  /// @param scores of the keys; −∞ leaves a key out of the chain
  /// @param weights receives $p(z_j = 1)$, 0 for keys that are left out
  /// @return the log-partition, −∞ without keys
  public double weigh(int head, double[] scores, double[] weights) {
    collect(scores);
    java.util.Arrays.fill(weights, 0);
    logPartition = LogSpace.ZERO;
    if (length == 0) {
      return logPartition;
    }
    // ahead[2 j + z]: everything up to key j with label z; behind[2 j + z]: everything after it.
    ahead[0] = 0;
    ahead[1] = unary[0];
    for (int j = 1; j < length; j++) {
      for (int z = 0; z < 2; z++) {
        ahead[2 * j + z] =
            z * unary[j]
                + LogSpace.add(
                    ahead[2 * j - 2] + transition(head, j - 1, 0, z),
                    ahead[2 * j - 1] + transition(head, j - 1, 1, z));
      }
    }
    behind[2 * length - 2] = 0;
    behind[2 * length - 1] = 0;
    for (int j = length - 2; j >= 0; j--) {
      for (int z = 0; z < 2; z++) {
        behind[2 * j + z] =
            LogSpace.add(
                transition(head, j, z, 0) + behind[2 * j + 2],
                transition(head, j, z, 1) + unary[j + 1] + behind[2 * j + 3]);
      }
    }
    logPartition = LogSpace.add(ahead[2 * length - 2], ahead[2 * length - 1]);
    for (int j = 0; j < length; j++) {
      double off = ahead[2 * j] + behind[2 * j];
      double on = ahead[2 * j + 1] + behind[2 * j + 1];
      weights[keys[j]] = 1 / (1 + Math.exp(off - on));
    }
    return logPartition;
  }

  /// After [#weigh]: $p(z_j = a, z_{j'} = b)$ of each key and the next of the chain, at `4 j + 2 a
  /// + b`; 0 for keys that are left out and for the last.
  ///
  /// @param marginals receives `4 (keys - 1)` numbers
  public void pairs(int head, double[] marginals) {
    java.util.Arrays.fill(marginals, 0);
    for (int j = 0; j + 1 < length; j++) {
      for (int a = 0; a < 2; a++) {
        for (int b = 0; b < 2; b++) {
          marginals[4 * keys[j] + 2 * a + b] =
              Math.exp(
                  ahead[2 * j + a]
                      + transition(head, j, a, b)
                      + b * unary[j + 1]
                      + behind[2 * j + 2 + b]
                      - logPartition);
        }
      }
    }
  }

  private void collect(double[] scores) {
    if (keys.length < scores.length) {
      keys = new int[scores.length];
      unary = new double[scores.length];
      ahead = new double[2 * scores.length];
      behind = new double[2 * scores.length];
    }
    length = 0;
    for (int j = 0; j < scores.length; j++) {
      if (scores[j] != LogSpace.ZERO) {
        keys[length] = j;
        unary[length++] = scores[j];
      }
    }
  }

  /// $T_{ab}$ from link `j` of the chain to the next; where it depends on the position, that of the
  /// earlier key counts.
  private double transition(int head, int j, int a, int b) {
    Shape shape = crf.transitions().shape();
    long matrix =
        switch (shape.rank()) {
          case 2 -> 0;
          case 3 -> head;
          default -> (shape.size(0) == 1 ? 0 : head) * shape.size(1) + keys[j];
        };
    return crf.transitions().at(4 * matrix + 2L * a + b);
  }
}
