package io.github.attention4j.viz.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/// Where commands print.
///
/// @param out results
/// @param err progress and errors
/// @param interactive whether a person watches: progress is shown and colours are used
public record Terminal(PrintWriter out, PrintWriter err, boolean interactive) {
  /// The streams of this process, in UTF-8.
  @SuppressWarnings(
      "SystemConsoleNull") // It is null again from JDK 25 on where there is no terminal.
  public static Terminal ofProcess() {
    Console console = System.console();
    return new Terminal(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        console != null && console.isTerminal());
  }

  /// Shows how far long work is, replacing the line before; nothing where nobody watches.
  void progress(String text) {
    if (interactive) {
      err.print("\r\u001b[2K" + text);
      err.flush();
    }
  }

  /// Removes the line of [#progress].
  void endProgress() {
    progress("");
  }
}
