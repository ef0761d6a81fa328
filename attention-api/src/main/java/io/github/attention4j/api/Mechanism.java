package io.github.attention4j.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// An attention mechanism, described as plain data. Providers switch over the alternatives without
/// a default, so that a new mechanism does not compile until every provider runs or refuses it.
///
/// Unless a record says otherwise, inputs are `query` `[batch, queryHeads, queries, keySize]`,
/// `key` `[batch, keyHeads, keys, keySize]` and `value` `[batch, keyHeads, keys, valueSize]`, and
/// the output is `[batch, queryHeads, queries, valueSize]`. Query head $h$ reads key head $\lfloor
/// h / (\text{queryHeads} / \text{keyHeads}) \rfloor$.
public sealed interface Mechanism {

  /// Attention over pairs: every query scores every key, $o_i = \sum_j w_{ij} v_j$ with $w_i =
  /// \text{normalizer}(\text{score}_{ij} + \text{biases}_{ij} : j \in \text{scope}_i)$.
  ///
  /// The order of stages is fixed: score, scale, softcap, biases, scope, normalizer.
  ///
  /// [Capture.Stages] returns `q_rot` and `k_rot`, queries and keys as rotated, with a
  /// [Score.Rotary]; and `pairwise` `[batch, queryHeads, queries, keys - 1, 2, 2]`, the joint
  /// marginals of each key and the next of its chain, with a [Normalizer.ChainCrf]. Other pairwise
  /// attentions name none.
  ///
  /// @param score how queries and keys are compared
  /// @param biases added to the score, in order
  /// @param scope which keys a query may attend
  /// @param normalizer how scores become weights
  /// @param placement where the queries stand among the keys
  record Pairwise(
      Score score, List<Bias> biases, Scope scope, Normalizer normalizer, Placement placement)
      implements Mechanism {
    public Pairwise {
      biases = List.copyOf(biases);
    }

    /// Softmax attention with this score over all keys.
    public static Pairwise of(Score score) {
      return new Pairwise(score, List.of(), Scope.full(), Normalizer.softmax(), Placement.start());
    }

    /// The same with one more bias.
    public Pairwise plus(Bias bias) {
      List<Bias> all = new ArrayList<>(biases);
      all.add(bias);
      return new Pairwise(score, all, scope, normalizer, placement);
    }

    /// The same within this scope.
    public Pairwise within(Scope newScope) {
      return new Pairwise(score, biases, newScope, normalizer, placement);
    }

    /// The same with another normalizer.
    public Pairwise normalizedBy(Normalizer newNormalizer) {
      return new Pairwise(score, biases, scope, newNormalizer, placement);
    }

    /// The same with the queries standing elsewhere.
    public Pairwise placed(Placement newPlacement) {
      return new Pairwise(score, biases, scope, normalizer, newPlacement);
    }
  }

  /// Kernelized attention, linear in the length: $o_i = \frac{\phi(q_i)^\top \sum_j \phi(k_j)
  /// v_j^\top}{\phi(q_i)^\top \sum_j \phi(k_j)}$, over $j \le i$ when causal. A query without keys
  /// gives 0. No ε in the denominator.
  ///
  /// [Capture.State] returns `state_s` $= \sum_j \phi(k_j) v_j^\top$ `[batch, heads, features,
  /// valueSize]` and `state_z` $= \sum_j \phi(k_j)$ `[batch, heads, features]` after the last key;
  /// given as inputs of these names they continue a sequence. With [FeatureMap.FavorPlus] a state
  /// is only defined without the stabilising maximum, so it may overflow for long vectors.
  /// [Capture.Stages] returns `phi_q` `[batch, queryHeads, queries, features]` and `phi_k` `[batch,
  /// keyHeads, keys, features]`.
  ///
  /// @param features $\phi$
  /// @param scope [Scope.Full], [Scope.Causal], [Scope.Lengths], or an [Scope.And] of these
  record Linearized(FeatureMap features, Scope scope) implements Mechanism {
    public Linearized {
      Mechanisms.checkSimple(scope, true);
    }
  }

  /// A matrix-valued recurrent state, the family of linear attention, gated linear attention and
  /// delta rules: for each step $t$ with state $S$ `[keySize, valueSize]`, $S \leftarrow \gamma_t
  /// S$ (gated), then $S \leftarrow S + k_t v_t^\top$ or, by the delta rule, $S \leftarrow S +
  /// \beta_t k_t (v_t - S^\top k_t)^\top$; $o_t = c\, S^\top q_t$.
  ///
  /// Inputs besides query, key, value: `decay` (gated: $\ln \gamma$, `[batch, heads, length]` or
  /// `[batch, heads, length, keySize]`), `beta` (delta: `[batch, heads, length]`), and optionally
  /// `state` `[batch, heads, keySize, valueSize]`. [Capture.State] returns `state`.
  ///
  /// Source: ONNX LinearAttention-27; Yang et al. 2024 (arXiv:2312.06635, arXiv:2406.06484,
  /// arXiv:2412.06464).
  ///
  /// @param gated whether the state decays
  /// @param delta whether the delta rule writes
  /// @param scale $c$; empty means $1/\sqrt{\text{keySize}}$
  record Recurrent(boolean gated, boolean delta, OptionalDouble scale) implements Mechanism {
    public Recurrent {
      scale.ifPresent(value -> Check.finite("scale", value));
    }
  }

  /// Linformer: $\operatorname{softmax}(c\, Q (E K)^\top)(F V)$. Weights are `[batch, heads,
  /// queries, projected]`.
  ///
  /// Padding is a choice, the paper has none: keys and values beyond the lengths are zero before
  /// $E$ and $F$, and the softmax runs over all projected positions. [Capture.Stages] returns
  /// `k_projected` and `v_projected`, `[batch, keyHeads, projected, size]`.
  ///
  /// Source: Wang et al. 2020 (arXiv:2006.04768), eq. 7. Sharing "headwise" is a rank-2 matrix,
  /// "key-value" the same matrix twice.
  ///
  /// @param keys $E$, `[projected, keys]` or `[heads, projected, keys]`
  /// @param values $F$, as $E$
  /// @param scale $c$; empty means $1/\sqrt{\text{keySize}}$
  /// @param scope [Scope.Full] or [Scope.Lengths]
  record LowRank(Tensor keys, Tensor values, OptionalDouble scale, Scope scope)
      implements Mechanism {
    public LowRank {
      Check.rank("keys", keys, 2, 3);
      Check.rank("values", values, 2, 3);
      Check.equal("values", "projected length", keys.shape().size(-2), values.shape().size(-2));
      Check.equal("values", "keys", keys.shape().size(-1), values.shape().size(-1));
      scale.ifPresent(value -> Check.finite("scale", value));
      Mechanisms.checkSimple(scope, false);
    }
  }

  /// Nyström attention: with landmarks $\tilde Q, \tilde K$ (means of segments), $o =
  /// \operatorname{softmax}(c Q \tilde K^\top)\, A^+ \operatorname{softmax}(c \tilde Q K^\top) V$,
  /// $A = \operatorname{softmax}(c \tilde Q \tilde K^\top)$.
  ///
  /// Segment $s$ covers $\lfloor sn/m \rfloor$ to $\lfloor (s+1)n/m \rfloor - 1$ (the paper assumes
  /// $m \mid n$). Queries and keys have the same length. Weights are the product of the three
  /// matrices; entries may be negative. [Capture.Stages] returns `q_landmarks` and `k_landmarks`,
  /// `[batch, heads, landmarks, keySize]`.
  ///
  /// Source: Xiong et al. 2021 (arXiv:2102.03902), eq. 13-14.
  ///
  /// @param landmarks $m$, 1 to the length
  /// @param iterations 0: the exact Moore-Penrose inverse (singular values up to 1e-12 of the
  ///   largest count as zero); above: as many steps of the paper's third-order iteration, started
  ///   from the norms of each head alone
  /// @param scale $c$; empty means $1/\sqrt{\text{keySize}}$
  record Landmark(int landmarks, int iterations, OptionalDouble scale) implements Mechanism {
    public Landmark {
      Check.atLeast("landmarks", 1, landmarks);
      Check.atLeast("iterations", 0, iterations);
      scale.ifPresent(value -> Check.finite("scale", value));
    }
  }

  /// Hyena: $z^1 = v$, $z^{n+1}_t = x^n_t (h^n * z^n)_t$, output $z^{N+1}$; causal convolutions,
  /// lag-indexed.
  ///
  /// Inputs: `gates` $x^1..x^N$ `[order, batch, length, channels]`, `value` $v$ `[batch, length,
  /// channels]`; the output has the shape of `value`. Weights are the equivalent matrices `[batch,
  /// channels, length, length]`. Taps beyond the length do nothing. Public code has order − 1 long
  /// filters and gates last; this is the paper's recurrence.
  ///
  /// Source: Poli et al. 2023 (arXiv:2302.10866), definition 3.1, algorithms 1-3.
  ///
  /// @param filters $h$, `[order, channels, taps]`
  record LongConvolution(Tensor filters) implements Mechanism {
    public LongConvolution {
      Check.rank("filters", filters, 3);
    }
  }

  /// Attention to an external memory.
  sealed interface Memory extends Mechanism {}

  /// Addressing of the Neural Turing Machine: content, interpolation, shift, sharpening, then read.
  ///
  /// $w^c = \operatorname{softmax}_i(\beta \cos(k, M_i))$, $w^g = g w^c + (1-g) w'$, $\tilde w_i =
  /// \sum_j w^g_j s((i-j) \bmod N)$, $w = \tilde w^\gamma / \sum \tilde w^\gamma$, read $= \sum_i
  /// w_i M_i$. The cosine with a zero vector is 0.
  ///
  /// Inputs: `memory` `[batch, slots, size]`, `query` (the key $k$) `[batch, heads, size]`, `beta`,
  /// `gate`, `gamma` `[batch, heads]`, `previous` ($w'$) `[batch, heads, slots]`, `shift` `[batch,
  /// heads, 2 maxShift + 1]` (weights of shifts −maxShift to +maxShift; +1 moves mass from $i$ to
  /// $i+1$, around the end). Output `[batch, heads, size]`; [Capture.Weights] returns `weights`
  /// `[batch, heads, slots]`, [Capture.Stages] `content_weights`, `gated_weights`,
  /// `shifted_weights`. With inputs `erase` and `add` `[batch, heads, size]` the result holds the
  /// written `memory`: all erases first (product over heads), then all adds, with the final
  /// weights.
  ///
  /// Source: Graves, Wayne, Danihelka 2014 (arXiv:1410.5401), section 3, eq. 2-9.
  record NtmAddressing() implements Memory {}

  /// Memorizing Transformers: the $k$ nearest of a memory and causal local attention, mixed per
  /// head: $o = g\, V_m + (1 - g)\, V_c$ with $g = \operatorname{sigmoid}(b_h)$, each side with its
  /// own softmax.
  ///
  /// Inputs besides query, key, value: `memory_key` `[batch, heads or 1, memory, keySize]`,
  /// `memory_value` `[batch, heads or 1, memory, valueSize]`. Nearest means the largest dot
  /// product; ties go to the lower index; a `topK` beyond the memory uses all of it.
  /// [Capture.Weights] returns `memory_weights` `[batch, heads, queries, memory]` and
  /// `local_weights`, [Capture.Stages] `memory_output`, `local_output`, `memory_ids` (int64, best
  /// first).
  ///
  /// Source: Wu, Rabe, Hutchins, Szegedy 2022 (arXiv:2203.08913), section 3; lucidrains' code swaps
  /// the gate.
  ///
  /// @param topK $k$
  /// @param gate $b$, `[heads]`
  /// @param scale of both sides; empty means $1/\sqrt{\text{keySize}}$
  record NearestKeys(int topK, Tensor gate, OptionalDouble scale) implements Memory {
    public NearestKeys {
      Check.atLeast("topK", 1, topK);
      Check.rank("gate", gate, 1);
      scale.ifPresent(value -> Check.finite("scale", value));
    }
  }

  /// An end-to-end memory network over given memories: per hop $p_i = \operatorname{softmax}(u
  /// \cdot m_i)$, $o = \sum_i p_i c_i$, $u \leftarrow u + o$.
  ///
  /// Inputs: `query` ($u$) `[batch, size]`, `memory_key` ($m$) and `memory_value` ($c$) `[hops,
  /// batch, memories, size]`. Output `[batch, size]`; weights `[hops, batch, memories]`;
  /// [Capture.Stages] returns `states` `[hops + 1, batch, size]`.
  ///
  /// Source: Sukhbaatar et al. 2015 (arXiv:1503.08895), section 2.
  ///
  /// @param scope [Scope.Full] or [Scope.Lengths] (valid memories)
  record MultiHop(Scope scope) implements Memory {
    public MultiHop {
      Mechanisms.checkSimple(scope, false);
    }
  }

  /// An end-to-end memory network that reads words: $m_i = \sum_j l_j \circ A x_{ij} + T_A(i)$,
  /// $c_i$ likewise with $C$, $u = \sum_j l_j \circ B q_j$, then hops as [MultiHop]; `answer` $=
  /// \operatorname{softmax}(W u)$.
  ///
  /// Inputs: `story` int64 `[batch, sentences, words]`, `question` int64 `[batch, words]`, 0 =
  /// padding. Position encoding: $l_{je} = (1 - j/J) - (e/d)(1 - 2j/J)$, 1-based, $J$ the
  /// sentence's own number of words. Adjacent: $B = A^1$, $A^{k+1} = C^k$, $W = C^K$; layer-wise:
  /// one $A$ and $C$, $u \leftarrow H u + o$.
  ///
  /// The result holds `output` `[batch, size]` and, when adjacent, `answer` `[batch, vocabulary]`;
  /// weights and stages as [MultiHop].
  ///
  /// Source: Sukhbaatar et al. 2015 (arXiv:1503.08895), sections 2.1-2.2, 4.1.
  ///
  /// @param hops at least 1
  /// @param embeddings adjacent: `[hops + 1, vocabulary, size]`; layer-wise: `[2, vocabulary,
  ///   size]`
  /// @param temporal $T$, like `embeddings` with sentences for words, row $i$ for sentence $i$ as
  ///   given
  /// @param transition $H$ `[size, size]` makes the tying layer-wise; without it, it is adjacent
  /// @param positionEncoding whether words are weighted by $l$
  record WordMemory(
      int hops,
      Tensor embeddings,
      Optional<Tensor> temporal,
      Optional<Tensor> transition,
      boolean positionEncoding)
      implements Memory {
    public WordMemory {
      Check.atLeast("hops", 1, hops);
      Check.rank("embeddings", embeddings, 3);
      temporal.ifPresent(table -> Check.rank("temporal", table, 3));
      transition.ifPresent(matrix -> Check.rank("transition", matrix, 2));
      Check.equal(
          "embeddings",
          "tables",
          transition.isPresent() ? 2 : hops + 1L,
          embeddings.shape().size(0));
    }
  }

  /// Product-key memory: score$(i, j) = q_{[:h]} \cdot C_i + q_{[h:]} \cdot C'_j$, softmax over the
  /// best `topK` of all pairs, output $\sum_\text{heads} \sum w\, \text{value}_{i n + j}$.
  ///
  /// Input: `query` `[batch, heads, queries, 2 half]`. Output `[batch, queries, valueSize]`.
  /// [Capture.Weights] returns `weights` and `ids` (int64) `[batch, heads, queries, min(topK, n
  /// n)]`, best first; [Capture.Stages] `head_outputs`. No batch normalisation of queries. Ties go
  /// to the lower id.
  ///
  /// Source: Lample et al. 2019 (arXiv:1907.05242), section 3.
  ///
  /// @param topK how many products; more than there are uses all of them
  /// @param first $C$, `[heads, n, half]`
  /// @param second $C'$, `[heads, n, half]`
  /// @param values `[n * n, valueSize]`, shared by the heads
  record ProductKeys(int topK, Tensor first, Tensor second, Tensor values) implements Memory {
    public ProductKeys {
      Check.atLeast("topK", 1, topK);
      Check.rank("first", first, 3);
      if (!first.shape().equals(second.shape())) {
        throw new IllegalArgumentException(
            "second: expected the shape of first, " + first.shape() + ", got " + second.shape());
      }
      Check.rank("values", values, 2);
      long n = first.shape().size(1);
      Check.equal("values", "rows", n * n, values.shape().size(0));
    }

    /// How many products a query keeps: `topK`, or all if there are fewer.
    public int kept() {
      long n = first.shape().size(1);
      return (int) Math.min(topK, n * n);
    }
  }
}
