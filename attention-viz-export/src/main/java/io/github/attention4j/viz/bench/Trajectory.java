package io.github.attention4j.viz.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// A mechanism over growing lengths.
///
/// @param name of the mechanism
/// @param family what kind it is
/// @param points in the order of lengths
/// @param end why there are no longer ones; empty at the greatest length asked for
public record Trajectory(String name, Family family, List<Point> points, Optional<String> end) {
  /** Shorter ones show what a call costs, not how it grows. */
  private static final int FITTED = 4;

  public Trajectory {
    points = List.copyOf(points);
  }

  /// One length.
  ///
  /// @param length positions
  /// @param timed how long a run takes
  /// @param memoryBytes what a run takes beyond its inputs and output: the growth of the resident
  ///   memory in the first run, or what every run allocates on the heap if that is more
  /// @param error against exact softmax attention, where the output is comparable
  public record Point(
      long length, Measurement.Timed timed, OptionalDouble memoryBytes, OptionalDouble error) {
    /// The median time of a run.
    public double seconds() {
      return timed.samples().median();
    }
  }

  /// $a$ in time $\propto$ length$^a$, over the last four lengths.
  public OptionalDouble timeExponent() {
    List<Point> last = points.subList(Math.max(0, points.size() - FITTED), points.size());
    return last.size() < 2
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            ScalingExponent.fit(
                last.stream().map(Point::length).toList(),
                last.stream().map(Point::seconds).toList()));
  }

  /// The last point.
  public Optional<Point> last() {
    return points.isEmpty() ? Optional.empty() : Optional.of(points.getLast());
  }

  /// The point at this length.
  public Optional<Point> at(long length) {
    return points.stream().filter(point -> point.length() == length).findFirst();
  }
}
