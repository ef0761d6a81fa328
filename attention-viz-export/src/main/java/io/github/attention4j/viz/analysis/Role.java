package io.github.attention4j.viz.analysis;

/// What a head may be there for: where it would put its weight if it were.
public enum Role {
  /// The key just before the query.
  PREVIOUS("previous token"),
  /// The key just after the query.
  NEXT("next token"),
  /// The query's own position.
  SELF("own token"),
  /// The first key; often where attention rests that has nothing to do.
  FIRST("first token"),
  /// Tokens that separate or end texts, such as `[SEP]` and `</s>`.
  SEPARATOR("separator"),
  /// Tokens of punctuation only.
  PUNCTUATION("punctuation"),
  /// Earlier keys with the query's token.
  DUPLICATE("duplicate token"),
  /// Keys just after an earlier occurrence of the query's token.
  INDUCTION("induction"),
  /// One fixed offset: in at least 90 % of the rows the largest weight stands there (Voita et al.
  /// 2019, arXiv:1905.09418).
  POSITIONAL("positional");

  private final String text;

  Role(String text) {
    this.text = text;
  }

  /// The name in files and reports.
  public String text() {
    return text;
  }

  /// Whether the role means the same keys for every query.
  boolean meansFixedKeys() {
    return switch (this) {
      case FIRST, SEPARATOR, PUNCTUATION -> true;
      case PREVIOUS, NEXT, SELF, DUPLICATE, INDUCTION, POSITIONAL -> false;
    };
  }
}
