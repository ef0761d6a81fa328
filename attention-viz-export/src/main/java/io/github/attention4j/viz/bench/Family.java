package io.github.attention4j.viz.bench;

/// Kinds of mechanisms, as `docs/mechanisms.md` groups them; a chart has a colour for each.
public enum Family {
  /// What the others are compared with.
  SOFTMAX("exact softmax"),
  /// Softmax over fewer pairs.
  PATTERN("sparse pattern"),
  /// Other comparisons and other ways from scores to weights.
  WEIGHTING("other score or normalizer"),
  /// Marginals of chains and trees.
  STRUCTURE("structured"),
  /// Feature maps and recurrent states.
  KERNEL("kernel, recurrence"),
  /// Fewer keys by projection or sampling.
  LOW_RANK("low rank, landmarks"),
  /// No attention over pairs at all.
  CONVOLUTION("long convolution"),
  /// Reads a memory beside or instead of the sequence.
  MEMORY("external memory");

  private final String title;

  Family(String title) {
    this.title = title;
  }

  /// For a legend.
  public String title() {
    return title;
  }
}
