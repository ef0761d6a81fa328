package io.github.attention4j.viz.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// What a [MechanismComparison] found.
///
/// @param machine where
/// @param provider who ran it
/// @param start when
/// @param duration of everything
/// @param pace how long each point was measured
/// @param trajectories one per mechanism
public record ComparisonFigures(
    Machine machine,
    String provider,
    Instant start,
    Duration duration,
    Pace pace,
    List<Trajectory> trajectories) {
  public ComparisonFigures {
    trajectories = List.copyOf(trajectories);
  }

  /// The lengths that anything ran at, ascending.
  public List<Long> lengths() {
    return trajectories.stream()
        .flatMap(each -> each.points().stream())
        .map(Trajectory.Point::length)
        .distinct()
        .sorted()
        .toList();
  }
}
