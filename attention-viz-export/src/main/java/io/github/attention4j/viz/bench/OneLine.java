package io.github.attention4j.viz.bench;

/** What a failure says, in one line of a table. */
final class OneLine {
  private OneLine() {}

  static String of(Throwable failure) {
    String message = failure.getMessage();
    return message == null
        ? failure.getClass().getSimpleName()
        : message.replaceAll("\\s*\\R\\s*", " ");
  }
}
