package io.github.attention4j.api;

/// How the scores of one query (or, for structures, of all queries) become weights.
///
/// Keys outside the scope are left out before the mapping and have weight exactly 0; a row without
/// keys is 0.
public sealed interface Normalizer {
  /// $w_j = e^{s_j} / \sum_l e^{s_l}$.
  record Softmax() implements Normalizer {}

  /// The Euclidean projection on the simplex: $w_j = \max(s_j - \tau, 0)$ with $\sum_j w_j = 1$.
  ///
  /// Source: Martins & Astudillo 2016 (arXiv:1602.02068), eq. 2, algorithm 1.
  record Sparsemax() implements Normalizer {}

  /// 1.5-entmax: $w_j = \max(s_j/2 - \tau, 0)^2$ with $\sum_j w_j = 1$.
  ///
  /// Source: Peters, Niculae, Martins 2019 (arXiv:1905.05702), algorithm 2.
  record Entmax15() implements Normalizer {}

  /// Segmentation attention: keys are the variables $z_j \in \{0, 1\}$ of a linear-chain CRF, $p(z)
  /// \propto \exp(\sum_j s_j z_j + \sum_j T_{z_j z_{j+1}})$, and $w_j = p(z_j = 1)$. The weights of
  /// a query need not sum to 1.
  ///
  /// The chain of a query consists of its allowed keys in order. Log-sum-exp is the log-partition.
  /// Every unary counts once (the paper folds them into the pairwise terms).
  ///
  /// Source: Kim, Denton, Hoang, Rush 2017 (arXiv:1702.00887), section 3.1.
  ///
  /// @param transitions $T$: `[2, 2]`, per head `[heads, 2, 2]`, or per head and position `[heads
  ///   or 1, keys - 1, 2, 2]`; first index the label of the earlier key
  record ChainCrf(Tensor transitions) implements Normalizer {
    public ChainCrf {
      Check.rank("transitions", transitions, 2, 3, 4);
      Check.equal("transitions", "last axis", 2, transitions.shape().size(-1));
      Check.equal("transitions", "axis -2", 2, transitions.shape().size(-2));
    }
  }

  /// Syntactic attention over all dependency trees, crossing arcs allowed: queries are the words
  /// $1..n$ (modifiers), key 0 is the root symbol and keys $1..n$ the words (heads); $w_{mh} =
  /// p(\text{head}(m) = h)$ under $p(\text{tree}) \propto \exp(\sum_m s_{m,\text{head}(m)})$, by
  /// the matrix-tree theorem. Keys = queries + 1; a word is never its own head.
  ///
  /// Words that no head is allowed for (padding, as by [Scope.Lengths], which counts the root) do
  /// not exist. Log-sum-exp, the same for every word, is the log-partition.
  ///
  /// Source: Koo et al. 2007; Liu & Lapata 2018 (arXiv:1705.09207), section 3.
  ///
  /// @param singleRoot whether exactly one word hangs on the root symbol
  record NonProjectiveTree(boolean singleRoot) implements Normalizer {}

  /// As [NonProjectiveTree], over trees without crossing arcs (the root symbol stands left of word
  /// 1), by Eisner's inside-outside algorithm.
  ///
  /// Source: Kim, Denton, Hoang, Rush 2017 (arXiv:1702.00887), section 3.2.
  ///
  /// @param singleRoot whether exactly one word hangs on the root symbol
  record ProjectiveTree(boolean singleRoot) implements Normalizer {}

  /// [Softmax].
  static Normalizer softmax() {
    return new Softmax();
  }
}
