package io.github.attention4j.api;

/// What is added to a score before scope and normalizer. A bias of −∞ forbids a key as a scope
/// does.
///
/// $p_i$ is the position of query $i$ as [Placement] gives it.
public sealed interface Bias {
  /// A given array: $b_{ij}$ is an element of an input.
  ///
  /// @param input the input's name; float32, broadcast from the right to `[batch, heads, queries,
  ///   keys]`
  record Dense(String input) implements Bias {
    public Dense {
      Check.name("input", input);
    }
  }

  /// Attention with linear biases: $b_{hij} = -m_h |p_i - j|$.
  ///
  /// Source: Press, Smith, Lewis 2022 (arXiv:2108.12409), section 3; the symmetric form for keys
  /// after the query is a choice, the paper is causal.
  ///
  /// @param slopes $m$, `[heads]`
  record Alibi(Tensor slopes) implements Bias {
    public Alibi {
      Check.rank("slopes", slopes, 1);
    }

    /// The authors' slopes: $m_i = 2^{-8i/h}$, $i = 1..h$, for a power of two; otherwise those of
    /// the next lower power $p$ followed by every other one of $2p$.
    public static Alibi forHeads(int heads) {
      Check.atLeast("heads", 1, heads);
      int power = Integer.highestOneBit(heads);
      float[] slopes = new float[heads];
      for (int h = 0; h < heads; h++) {
        slopes[h] =
            (float)
                (h < power
                    ? Math.pow(2, -8.0 * (h + 1) / power)
                    : Math.pow(2, -8.0 * (2 * (h - power) + 1) / (2.0 * power)));
      }
      return new Alibi(Tensor.of(slopes, heads));
    }
  }

  /// T5's relative bias: $b_{hij} = T_{\text{bucket}(j - p_i),\, h}$.
  ///
  /// With $B$ buckets per direction (half of all when bidirectional, then keys after the query use
  /// the upper half), $n = |j - p_i|$ (unidirectional: $\max(p_i - j, 0)$) and $e = \lfloor B/2
  /// \rfloor$: bucket $n$ for $n < e$, otherwise $\min(e + \lfloor \frac{\ln(n/e)}{\ln(D/e)} (B -
  /// e) \rfloor, B - 1)$. The floor is taken exactly.
  ///
  /// Source: Raffel et al. 2020 (arXiv:1910.10683), section 2.1; bucketing as in the
  /// mesh-tensorflow code.
  ///
  /// @param table $T$, `[buckets, heads]`
  /// @param bidirectional whether keys after the query have buckets of their own
  /// @param maxDistance $D$, from which on all distances share the last bucket
  record RelativeBuckets(Tensor table, boolean bidirectional, int maxDistance) implements Bias {
    public RelativeBuckets {
      Check.rank("table", table, 2);
      Check.atLeast("table buckets", bidirectional ? 4 : 2, table.shape().size(0));
      Check.atLeast("maxDistance", 1 + perDirection(table, bidirectional) / 2, maxDistance);
    }

    /// The bucket of a key at `relative` = key position − query position.
    public int bucket(long relative) {
      int buckets = perDirection(table, bidirectional);
      int first = bidirectional && relative > 0 ? buckets : 0;
      long distance = bidirectional ? Math.abs(relative) : Math.max(-relative, 0);
      int exact = buckets / 2;
      if (distance < exact) {
        return first + (int) distance;
      }
      double share =
          Math.log((double) distance / exact)
              / Math.log((double) maxDistance / exact)
              * (buckets - exact);
      // A quotient of logarithms may fall an ulp short of the whole number it stands for.
      double nearest = Math.rint(share);
      int step = (int) (Math.abs(share - nearest) < 1e-9 ? nearest : Math.floor(share));
      return first + Math.min(exact + step, buckets - 1);
    }

    private static int perDirection(Tensor table, boolean bidirectional) {
      int all = table.shape().intSize(0);
      return bidirectional ? all / 2 : all;
    }
  }
}
