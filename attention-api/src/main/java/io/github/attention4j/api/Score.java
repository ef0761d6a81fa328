package io.github.attention4j.api;

import java.util.Optional;
import java.util.OptionalDouble;

/// How much a query asks for a key: the number $s_{ij}$ before biases, scope and normalizer.
///
/// Query $q_i$ has `queryKeySize` elements, key $k_j$ has `keySize`; they are equal except for
/// [Additive] and [Bilinear]. The order of the stages is fixed: score, scale, softcap, biases,
/// scope, normalizer.
public sealed interface Score {
  /// The dot product: $s_{ij} = q_i \cdot k_j$.
  ///
  /// Source: Luong, Pham, Manning 2015 (arXiv:1508.04025), eq. 8 "dot".
  record Dot() implements Score {}

  /// The scaled dot product: $s_{ij} = c\, q_i \cdot k_j$.
  ///
  /// Source: Vaswani et al. 2017 (arXiv:1706.03762), eq. 1.
  ///
  /// @param scale $c$; empty means $1/\sqrt{\text{keySize}}$
  record ScaledDot(OptionalDouble scale) implements Score {
    public ScaledDot {
      scale.ifPresent(value -> Check.finite("scale", value));
    }
  }

  /// The additive score of Bahdanau: $s_{ij} = v^\top \tanh(W q_i + U k_j)$.
  ///
  /// Source: Bahdanau, Cho, Bengio 2015 (arXiv:1409.0473), appendix A.1.2. Parameters act on column
  /// vectors; each may have a leading axis `heads` (all three or none).
  ///
  /// @param query $W$, `[size, queryKeySize]` or `[heads, size, queryKeySize]`
  /// @param key $U$, `[size, keySize]` or `[heads, size, keySize]`
  /// @param direction $v$, `[size]` or `[heads, size]`
  record Additive(Tensor query, Tensor key, Tensor direction) implements Score {
    public Additive {
      Check.rank("query", query, 2, 3);
      Check.equal("key", "the rank of query,", query.shape().rank(), key.shape().rank());
      Check.rank("direction", direction, query.shape().rank() - 1);
      long size = query.shape().size(-2);
      Check.equal("key", "size (axis -2)", size, key.shape().size(-2));
      Check.equal("direction", "size (last axis)", size, direction.shape().size(-1));
      if (query.shape().rank() == 3) {
        Check.equal("key", "heads", query.shape().size(0), key.shape().size(0));
        Check.equal("direction", "heads", query.shape().size(0), direction.shape().size(0));
      }
    }
  }

  /// The bilinear score: $s_{ij} = q_i^\top W k_j$.
  ///
  /// Source: Luong, Pham, Manning 2015 (arXiv:1508.04025), eq. 8 "general".
  ///
  /// @param weight $W$, `[queryKeySize, keySize]` or `[heads, queryKeySize, keySize]`
  record Bilinear(Tensor weight) implements Score {
    public Bilinear {
      Check.rank("weight", weight, 2, 3);
    }
  }

  /// The cosine, sharpened: $s_{ij} = \beta \frac{q_i \cdot k_j}{|q_i| |k_j|}$; 0 where a vector is
  /// zero.
  ///
  /// Source: Graves, Wayne, Danihelka 2014 (arXiv:1410.5401), eq. 5-6.
  ///
  /// @param beta the sharpness $\beta$
  record Cosine(double beta) implements Score {
    public Cosine {
      Check.finite("beta", beta);
    }
  }

  /// Scores that the caller has already computed: $s_{ij}$ is element `[batch, head, i, j]` of an
  /// input. Queries and keys are not read; the input `value` is.
  ///
  /// @param input the input's name; float32 `[batch, heads, queries, keys]`
  record Given(String input) implements Score {
    public Given {
      Check.name("input", input);
    }
  }

  /// Bounds another score smoothly: $s'_{ij} = c \tanh(s_{ij} / c)$.
  ///
  /// Source: Gemma Team 2024 (arXiv:2408.00118), section 2; ONNX Attention `softcap`.
  ///
  /// @param score what is bounded; not a softcap itself
  /// @param cap $c > 0$
  record Softcap(Score score, double cap) implements Score {
    public Softcap {
      Check.positive("cap", cap);
      if (score instanceof Softcap) {
        throw new IllegalArgumentException("score: expected a score without softcap, got " + score);
      }
    }
  }

  /// Rotates queries and keys by their positions before another score: with pairs $(a, b)$ of
  /// elements and angle $\theta_t = p \cdot \text{base}^{-2t/\text{size}}$ for pair $t$, $(a, b)
  /// \mapsto (a \cos\theta_t - b \sin\theta_t,\; a \sin\theta_t + b \cos\theta_t)$.
  ///
  /// Pairs are $(t, t + \text{size}/2)$ ("half", as LLaMA and GPT-NeoX) or $(2t, 2t+1)$
  /// (interleaved, as the paper). Elements from `size` on pass unchanged; values are never rotated.
  /// Query $i$ has position [Placement] + $i$, key $j$ position $j$, unless an input gives the
  /// positions of both. Angles are computed in float64.
  ///
  /// Source: Su et al. 2021 (arXiv:2104.09864), eq. 14-15 and 34.
  ///
  /// @param score [Dot], [ScaledDot], [Bilinear] or [Cosine], of the rotated vectors
  /// @param base of the angles, usually 10,000
  /// @param size how many leading elements are rotated; even
  /// @param interleaved which elements make a pair
  /// @param positions the name of an input int64 `[batch, length]` that gives the positions of
  ///   queries and keys (then of equal length); scopes still compare indices
  record Rotary(Score score, double base, int size, boolean interleaved, Optional<String> positions)
      implements Score {
    public Rotary {
      Check.positive("base", base);
      Check.atLeast("size", 2, size);
      if (size % 2 != 0) {
        throw new IllegalArgumentException("size: expected an even number, got " + size);
      }
      if (score instanceof Softcap || score instanceof Rotary || score instanceof Given) {
        throw new IllegalArgumentException(
            "score: expected one that reads queries and keys and is neither softcap nor rotary, got "
                + score);
      }
    }
  }

  /// [Dot].
  static Score dot() {
    return new Dot();
  }

  /// [ScaledDot] by $1/\sqrt{\text{keySize}}$.
  static Score scaledDot() {
    return new ScaledDot(OptionalDouble.empty());
  }

  /// [ScaledDot] by a given factor.
  static Score scaledDot(double scale) {
    return new ScaledDot(OptionalDouble.of(scale));
  }

  /// This score under a [Softcap].
  default Score softcap(double cap) {
    return new Softcap(this, cap);
  }

  /// This score of vectors rotated by [Rotary] with the positions of [Placement].
  default Score rotary(double base, int size, boolean interleaved) {
    return new Rotary(this, base, size, interleaved, Optional.empty());
  }
}
