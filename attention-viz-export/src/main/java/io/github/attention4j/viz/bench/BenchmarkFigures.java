package io.github.attention4j.viz.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// What a [Benchmark] found.
///
/// @param machine where
/// @param start when
/// @param duration of everything
/// @param pace how long each cell was measured
/// @param rows one per cell
public record BenchmarkFigures(
    Machine machine, Instant start, Duration duration, Pace pace, List<Row> rows) {
  public BenchmarkFigures {
    rows = List.copyOf(rows);
  }

  /// The rows of a part of the grid.
  List<Row> of(Group group) {
    return rows.stream().filter(row -> row.cell().group() == group).toList();
  }
}
