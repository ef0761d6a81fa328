package io.github.attention4j.viz.bench;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Settings;
import io.github.attention4j.viz.bench.Contender.Target;
import io.github.attention4j.viz.bench.Trajectory.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Function;

/// Runs all mechanisms on the same sequences of doubling length, by one provider.
///
/// A mechanism leaves when a run of the next length would take longer than the limit; so that slow
/// ones do not decide how far fast ones get.
///
/// @param settings of the provider
/// @param provider its id
/// @param longest the greatest length
/// @param limitSeconds the longest run
/// @param pace how long to measure
public record MechanismComparison(
    Settings settings, String provider, long longest, double limitSeconds, Pace pace) {
  private static final long SHORTEST = 256;

  public MechanismComparison {
    if (longest < 1) {
      throw new IllegalArgumentException("longest: expected >= 1, got " + longest);
    }
  }

  /// Runs it.
  public ComparisonFigures run(
      Function<Settings, AttentionProviders> source, Consumer<String> progress) {
    Instant start = Instant.now();
    Contestant contestant = Contestant.of(provider, provider, settings, source);
    Machine machine = Machine.measure(settings, List.of(contestant));
    List<Contender> contenders = Contenders.all();
    Map<String, List<Point>> points = new LinkedHashMap<>();
    Map<String, String> ends = new LinkedHashMap<>();
    contenders.forEach(contender -> points.put(contender.name(), new ArrayList<>()));
    progress.accept("compiling");
    compile(contestant, Sequence.of(Math.min(SHORTEST, longest)), contenders);
    for (long length = Math.min(SHORTEST, longest); length <= longest; length *= 2) {
      long present = length;
      contenders.forEach(contender -> leave(contender.name(), present, points, ends));
      List<Contender> running =
          contenders.stream().filter(contender -> !ends.containsKey(contender.name())).toList();
      if (running.isEmpty()) {
        break;
      }
      progress.accept("length " + length + ": " + running.size() + " mechanisms");
      round(Sequence.of(length), running, contestant, points, ends);
    }
    List<Trajectory> trajectories =
        contenders.stream()
            .map(contender ->
                new Trajectory(
                    contender.name(),
                    contender.family(),
                    Objects.requireNonNull(points.get(contender.name())),
                    Optional.ofNullable(ends.get(contender.name()))))
            .toList();
    return new ComparisonFigures(
        machine, provider, start, Duration.between(start, Instant.now()), pace, trajectories);
  }

  /** Everything runs once, so that loading and compiling code is not taken for memory of a run. */
  private void compile(Contestant contestant, Sequence sequence, List<Contender> contenders) {
    try (Rounds rounds = new Rounds(pace)) {
      contenders.forEach(
          contender -> rounds.add(contender.name(), contestant, contender.work().apply(sequence)));
    }
  }

  /** Whether the next length would take too long, judged by the last two. */
  private void leave(
      String name, long length, Map<String, List<Point>> points, Map<String, String> ends) {
    List<Point> done = Objects.requireNonNull(points.get(name));
    if (done.isEmpty() || ends.containsKey(name)) {
      return;
    }
    double last = done.getLast().seconds();
    double growth = done.size() < 2 ? 2 : last / done.get(done.size() - 2).seconds();
    double expected = last * Math.max(1, growth);
    if (expected > limitSeconds) {
      ends.put(
          name,
          "length "
              + Units.count(length)
              + " would take about "
              + Units.seconds(expected)
              + ", more than the limit of "
              + Units.seconds(limitSeconds));
    }
  }

  /** All of them on one sequence. */
  private void round(
      Sequence sequence,
      List<Contender> running,
      Contestant contestant,
      Map<String, List<Point>> points,
      Map<String, String> ends) {
    try (Rounds rounds = new Rounds(pace)) {
      Map<String, OptionalDouble> resident = new LinkedHashMap<>();
      for (Contender contender : running) {
        Work work = contender.work().apply(sequence);
        resident.put(
            contender.name(),
            ProcessMemory.extraBytes(() -> rounds.add(contender.name(), contestant, work)));
      }
      Map<String, Result> results = rounds.results();
      Map<String, Measurement> measurements = rounds.run();
      for (Contender contender : running) {
        String name = contender.name();
        switch (Objects.requireNonNull(measurements.get(name))) {
          case Measurement.Timed timed -> {
            Result result = Objects.requireNonNull(results.get(name));
            Objects.requireNonNull(points.get(name))
                .add(
                    new Point(
                        sequence.length(),
                        timed,
                        memory(
                            Objects.requireNonNull(resident.get(name)),
                            4.0 * result.output().shape().elements(),
                            timed.allocatedBytes()),
                        error(contender.target(), sequence, result)));
          }
          case Measurement.Refused(String reason) -> ends.put(name, "refused: " + reason);
          case Measurement.Failed(String reason) ->
              ends.put(name, "FAILED at length " + sequence.length() + ": " + reason);
        }
      }
    }
  }

  private static OptionalDouble memory(OptionalDouble resident, double output, double heap) {
    return resident.isPresent()
        ? OptionalDouble.of(Math.max(heap, resident.getAsDouble() - output))
        : OptionalDouble.empty();
  }

  private static OptionalDouble error(Target target, Sequence sequence, Result result) {
    return switch (target) {
      case ALL -> OptionalDouble.of(ExactSoftmax.error(sequence, result.output(), false));
      case CAUSAL -> OptionalDouble.of(ExactSoftmax.error(sequence, result.output(), true));
      case NONE -> OptionalDouble.empty();
    };
  }
}
