package io.github.attention4j.viz.conform;

/** A case asks for something that no mapping knows. */
final class NotUnderstoodException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotUnderstoodException(String what) {
    super(what);
  }
}
