package io.github.attention4j.api;

import java.util.List;

/// Which keys a query may attend: a set of pairs, composed like a logical formula.
///
/// $p$ is the position of the query ([Placement]), $j$ the index of the key. A query with no
/// allowed key gives output row 0, weights row 0 and log-sum-exp −∞. What stands in a key or value
/// that is not allowed, NaN and infinity included, never reaches the output. Well-known patterns
/// are compositions: [#longformer], [#bigBird], [#sparseStrided], [#sparseFixed].
public sealed interface Scope {
  /// Every key.
  record Full() implements Scope {}

  /// Keys up to the query: $j \le p$.
  record Causal() implements Scope {}

  /// Keys near the query: $j = p + t \cdot \text{dilation}$ with $-\text{back} \le t \le
  /// \text{ahead}$; both ends count.
  ///
  /// Source: ONNX Attention-25 `left_window_size`, `right_window_size`; dilated: Beltagy et al.
  /// 2020 (arXiv:2004.05150), section 3.1.
  ///
  /// @param back steps back, or [#UNBOUNDED]
  /// @param ahead steps ahead, or [#UNBOUNDED]
  /// @param dilation the length of a step, at least 1
  record Window(long back, long ahead, long dilation) implements Scope {
    public Window {
      Check.atLeast("back", UNBOUNDED, back);
      Check.atLeast("ahead", UNBOUNDED, ahead);
      Check.atLeast("dilation", 1, dilation);
    }
  }

  /// Keys marked as global, for every query.
  ///
  /// @param input the name of an input bool `[batch, keys]`
  record GlobalKeys(String input) implements Scope {
    public GlobalKeys {
      Check.name("input", input);
    }
  }

  /// Every key, for queries whose position is marked as global.
  ///
  /// @param input the name of an input bool `[batch, length]`, indexed by the query's position;
  ///   positions outside are not global
  record GlobalQueries(String input) implements Scope {
    public GlobalQueries {
      Check.name("input", input);
    }
  }

  /// Keys a whole number of strides away: $(p - j) \bmod \text{stride} = 0$, on both sides.
  ///
  /// @param stride at least 1
  record Strided(long stride) implements Scope {
    public Strided {
      Check.atLeast("stride", 1, stride);
    }
  }

  /// The last `count` keys of every stride: $j \bmod \text{stride} \ge \text{stride} -
  /// \text{count}$.
  ///
  /// @param stride at least 1
  /// @param count from 1 to `stride`
  record Summaries(long stride, long count) implements Scope {
    public Summaries {
      Check.atLeast("stride", 1, stride);
      if (count < 1 || count > stride) {
        throw new IllegalArgumentException(
            "count: expected 1 to stride " + stride + ", got " + count);
      }
    }
  }

  /// Keys of the blocks around the query's own: $\lfloor p/B \rfloor - \text{back} \le \lfloor j/B
  /// \rfloor \le \lfloor p/B \rfloor + \text{ahead}$.
  ///
  /// @param block $B$, at least 1
  /// @param back whole blocks back, at least 0
  /// @param ahead whole blocks ahead, at least 0
  record BlockWindow(long block, long back, long ahead) implements Scope {
    public BlockWindow {
      Check.atLeast("block", 1, block);
      Check.atLeast("back", 0, back);
      Check.atLeast("ahead", 0, ahead);
    }
  }

  /// Blocks that see everything and are seen by everything: allowed when the block of $p$ or the
  /// block of $j$ is in `ids`.
  ///
  /// @param block the number of positions in a block, at least 1
  /// @param ids the global blocks
  record GlobalBlocks(long block, List<Long> ids) implements Scope {
    public GlobalBlocks {
      Check.atLeast("block", 1, block);
      ids = List.copyOf(ids);
    }
  }

  /// For each block of queries, given blocks of keys (BigBird's random blocks).
  ///
  /// @param block the number of positions in a block, at least 1
  /// @param keyBlocks int64 `[heads or 1, query blocks, count]`; −1 means none; query blocks beyond
  ///   the table have none
  record KeyBlocks(long block, LongTensor keyBlocks) implements Scope {
    public KeyBlocks {
      Check.atLeast("block", 1, block);
      Check.rank("keyBlocks", keyBlocks, 3);
    }
  }

  /// The first keys of each batch entry: $j < \text{lengths}_b$; 0 is possible. Queries are not
  /// limited.
  ///
  /// @param input the name of an input int64 `[batch]`
  record Lengths(String input) implements Scope {
    public Lengths {
      Check.name("input", input);
    }
  }

  /// Sequences of different lengths end to end, without padding: a query sees the keys of the
  /// sequence its position lies in. Sequence $s$ covers $\text{offsets}_s$ to $\text{offsets}_{s+1}
  /// - 1$ and may be empty; positions and keys before the first offset or from the last on belong
  ///   to none. Packed causal language modelling is `packed().and(causal())`.
  ///
  /// @param input the name of an input int64 `[sequences + 1]`, ascending, shared by the batch
  record Packed(String input) implements Scope {
    public Packed {
      Check.name("input", input);
    }
  }

  /// A given mask, `true` = may attend.
  ///
  /// @param input the name of an input bool, broadcast from the right to `[batch, heads, queries,
  ///   keys]`
  record Mask(String input) implements Scope {
    public Mask {
      Check.name("input", input);
    }
  }

  /// A scope of its own for every query head.
  ///
  /// @param scopes one per head
  record PerHead(List<Scope> scopes) implements Scope {
    public PerHead {
      scopes = List.copyOf(scopes);
      Check.atLeast("scopes", 1, scopes.size());
    }
  }

  /// Allowed by all.
  ///
  /// @param scopes at least one
  record And(List<Scope> scopes) implements Scope {
    public And {
      scopes = List.copyOf(scopes);
      Check.atLeast("scopes", 1, scopes.size());
    }
  }

  /// Allowed by any.
  ///
  /// @param scopes at least one
  record Or(List<Scope> scopes) implements Scope {
    public Or {
      scopes = List.copyOf(scopes);
      Check.atLeast("scopes", 1, scopes.size());
    }
  }

  /// Allowed where the other scope forbids.
  ///
  /// @param scope what is turned around
  record Not(Scope scope) implements Scope {}

  /// A side of a window without an end.
  long UNBOUNDED = -1;

  /// [Full].
  static Scope full() {
    return new Full();
  }

  /// [Causal].
  static Scope causal() {
    return new Causal();
  }

  /// [Window] without dilation.
  static Scope window(long back, long ahead) {
    return new Window(back, ahead, 1);
  }

  /// [Lengths] from the input `lengths`.
  static Scope lengths() {
    return new Lengths(Inputs.LENGTHS);
  }

  /// [Packed] from the input `offsets`.
  static Scope packed() {
    return new Packed(Inputs.OFFSETS);
  }

  /// [Mask] from the input `mask`.
  static Scope mask() {
    return new Mask(Inputs.MASK);
  }

  /// Longformer: $|p - j| \le$ `oneSided`, and global tokens (input `global`) see and are seen by
  /// everything.
  ///
  /// Source: Beltagy, Peters, Cohan 2020 (arXiv:2004.05150); the paper's window size is twice
  /// `oneSided`. The separate projections of global queries belong to the layer, not to the scope.
  static Scope longformer(long oneSided) {
    return window(oneSided, oneSided)
        .or(new GlobalKeys(Inputs.GLOBAL), new GlobalQueries(Inputs.GLOBAL));
  }

  /// BigBird: a window of whole blocks, global blocks, and given random blocks.
  ///
  /// Source: Zaheer et al. 2020 (arXiv:2007.14062), section 2 and appendix D. The window does not
  /// wrap around; a key in several sets counts once.
  ///
  /// @param block positions in a block
  /// @param windowBlocks blocks in the window, odd
  /// @param globalBlocks blocks that see and are seen by all
  /// @param randomBlocks as in [KeyBlocks]
  static Scope bigBird(
      long block, long windowBlocks, List<Long> globalBlocks, LongTensor randomBlocks) {
    if (windowBlocks % 2 != 1) {
      throw new IllegalArgumentException(
          "windowBlocks: expected an odd number, got " + windowBlocks);
    }
    long side = (windowBlocks - 1) / 2;
    return new BlockWindow(block, side, side)
        .or(new GlobalBlocks(block, globalBlocks), new KeyBlocks(block, randomBlocks));
  }

  /// The strided pattern of the Sparse Transformer, both sets in one head: the last `stride` keys
  /// and the query itself, and every `stride`-th key before.
  ///
  /// Source: Child et al. 2019 (arXiv:1904.10509), section 4.3, as printed: the first set has
  /// `stride` + 1 elements.
  static Scope sparseStrided(long stride) {
    return causal().and(window(stride, 0).or(new Strided(stride)));
  }

  /// The fixed pattern of the Sparse Transformer, both sets in one head: the query's own block of
  /// `stride`, and the last `summaries` keys of every block.
  ///
  /// Source: Child et al. 2019 (arXiv:1904.10509), section 4.3, 0-based: summaries are $j \bmod l
  /// \in \{l - c, …, l - 1\}$ (the paper's value $l$ is never taken).
  static Scope sparseFixed(long stride, long summaries) {
    return causal().and(new BlockWindow(stride, 0, 0).or(new Summaries(stride, summaries)));
  }

  /// Allowed by this and all the others.
  default Scope and(Scope... others) {
    return new And(join(others));
  }

  /// Allowed by this or any of the others.
  default Scope or(Scope... others) {
    return new Or(join(others));
  }

  /// Allowed where this forbids.
  default Scope not() {
    return new Not(this);
  }

  private List<Scope> join(Scope... others) {
    java.util.ArrayList<Scope> all = new java.util.ArrayList<>();
    all.add(this);
    all.addAll(List.of(others));
    return all;
  }
}
