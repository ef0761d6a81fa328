package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A form in which other tools take a trace.
///
/// Tokens are data in every format: whatever a token holds is written so that a reader of the
/// format gets it back.
public interface TraceFormat {
  /// What it is called on the command line.
  String id();

  /// How its files end, without the dot.
  String suffix();

  /// Who reads it, and the order of the axes, in one line.
  String description();

  /// Writes a trace; the file appears whole or not at all.
  ///
  /// @throws IllegalArgumentException if the format cannot hold this trace, or the options name a
  ///   map or head it lacks
  void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException;

  /// Writes a trace with the norms of its maps; formats of other tools know none and leave them
  /// out.
  ///
  /// @param norms labelled as the maps they belong to
  default void write(
      AttentionTrace trace, List<AttentionMap> norms, FormatOptions options, Path file)
      throws IOException {
    write(trace, options, file);
  }
}
