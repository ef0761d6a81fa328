package io.github.attention4j.viz.bench;

import java.util.Locale;

/// The parts of the grid.
public enum Group {
  /// Full attention over a very long sequence: the memory it takes. First, so that nothing of other
  /// cells is there to be used again.
  MEMORY("full attention over a very long sequence"),
  /// Every query of a sequence at once.
  PREFILL("prefill: all queries of a sequence at once"),
  /// One query on cached keys.
  DECODE("decode: one query on cached keys"),
  /// Short sequences, odd sizes, mixed lengths.
  SMALL("small and ragged"),
  /// Sparse patterns against full attention.
  SPARSE("sparse patterns, against full attention on the same inputs"),
  /// Mechanisms whose time is linear in the length.
  LINEAR("linear in the length");

  private final String title;

  Group(String title) {
    this.title = title;
  }

  /// What it is, in a line.
  public String title() {
    return title;
  }

  /// As the command line and JSON write it.
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
