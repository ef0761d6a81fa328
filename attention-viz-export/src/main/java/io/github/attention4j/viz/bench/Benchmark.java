package io.github.attention4j.viz.bench;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// Runs the grid: the provider `cpu` against ONNX Runtime, cell by cell.
///
/// @param settings of all contestants; only the number of threads counts
/// @param groups which parts of the grid
/// @param full all cells, not the two-minute selection
/// @param longest the greatest length
/// @param pace how long to measure
public record Benchmark(
    Settings settings, Set<Group> groups, boolean full, long longest, Pace pace) {
  public Benchmark {
    groups = Set.copyOf(groups);
    if (longest < 1) {
      throw new IllegalArgumentException("longest: expected >= 1, got " + longest);
    }
  }

  /// Who wants to know before all is done.
  public interface Listener {
    /// What the machine can do.
    void measured(Machine machine);

    /// A row is done.
    void finished(Row row);
  }

  /// Runs it.
  ///
  /// @param source where providers come from
  /// @param progress told what comes next
  /// @param listener told what is done
  public BenchmarkFigures run(
      Function<Settings, AttentionProviders> source, Consumer<String> progress, Listener listener) {
    Instant start = Instant.now();
    List<Contestant> contestants = Contestant.all(settings, source);
    progress.accept("measuring what the machine can do");
    Machine machine = Machine.measure(settings, contestants);
    listener.measured(machine);
    List<Cell> cells =
        Grid.cells(full, longest).stream().filter(cell -> groups.contains(cell.group())).toList();
    List<Row> rows = new ArrayList<>();
    List<Cell> sparse = cells.stream().filter(cell -> cell.group() == Group.SPARSE).toList();
    for (Cell cell : cells) {
      if (cell.group() != Group.SPARSE) {
        progress.accept(
            (rows.size() + 1)
                + " of "
                + cells.size()
                + ": "
                + cell.series()
                + ", "
                + cell.length());
        Row row =
            cell.group() == Group.MEMORY ? once(cell, contestants) : contest(cell, contestants);
        rows.add(row);
        listener.finished(row);
      } else if (cell.equals(sparse.getFirst())) {
        progress.accept((rows.size() + 1) + " of " + cells.size() + ": sparse patterns");
        List<Row> compared = patterns(sparse, contestants.getFirst());
        rows.addAll(compared);
        compared.forEach(listener::finished);
      }
    }
    return new BenchmarkFigures(
        machine, start, Duration.between(start, Instant.now()), pace, List.copyOf(rows));
  }

  /** All contestants on the same cell. */
  private Row contest(Cell cell, List<Contestant> contestants) {
    Work work = new Work(cell.request(), cell.inputs());
    try (Rounds rounds = new Rounds(pace)) {
      contestants.forEach(contestant -> rounds.add(contestant.name(), contestant, work));
      OptionalDouble disagreement = disagreement(rounds.results());
      return new Row(
          cell,
          Cost.of(cell.request().mechanism(), work.inputs()),
          rounds.run(),
          disagreement,
          OptionalDouble.empty());
    }
  }

  /** All cells on `cpu`, their rounds interleaved, so that they can be compared with each other. */
  private List<Row> patterns(List<Cell> cells, Contestant cpu) {
    try (Rounds rounds = new Rounds(pace)) {
      List<Optional<Cost>> costs = new ArrayList<>();
      for (Cell cell : cells) {
        Work work = new Work(cell.request(), cell.inputs());
        costs.add(Cost.of(cell.request().mechanism(), work.inputs()));
        rounds.add(cell.series(), cpu, work);
      }
      Map<String, Measurement> measurements = rounds.run();
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < cells.size(); i++) {
        Measurement own = Objects.requireNonNull(measurements.get(cells.get(i).series()));
        rows.add(
            new Row(
                cells.get(i),
                costs.get(i),
                Map.of(Contestant.CPU, own),
                OptionalDouble.empty(),
                OptionalDouble.empty()));
      }
      return rows;
    }
  }

  /**
   * One run of `cpu` alone, and the memory it takes: a peer that keeps queries x keys would take
   * more than the machine has. The kernels are compiled before, on a short sequence, by another
   * instance.
   */
  private Row once(Cell cell, List<Contestant> contestants) {
    Contestant cpu = contestants.getFirst();
    Cell brief = Grid.shortened(cell);
    try (Rounds compiling = new Rounds(pace)) {
      compiling.add(Contestant.CPU, cpu, new Work(brief.request(), brief.inputs()));
      compiling.run();
    }
    Work work = new Work(cell.request(), cell.inputs());
    Optional<Cost> cost = Cost.of(cell.request().mechanism(), work.inputs());
    try (Rounds rounds = new Rounds(pace)) {
      OptionalDouble resident =
          ProcessMemory.extraBytes(() -> rounds.add(Contestant.CPU, cpu, work));
      double output =
          rounds.results().values().stream()
              .mapToDouble(result -> 4.0 * result.output().shape().elements())
              .sum();
      return new Row(
          cell,
          cost,
          rounds.firstRuns(),
          OptionalDouble.empty(),
          resident.isPresent() && output > 0
              ? OptionalDouble.of(Math.max(0, resident.getAsDouble() - output))
              : OptionalDouble.empty());
    }
  }

  /** The largest difference between `cpu` and any other, relative to the largest output. */
  static OptionalDouble disagreement(Map<String, Result> results) {
    Result own = results.get(Contestant.CPU);
    if (own == null || results.size() < 2) {
      return OptionalDouble.empty();
    }
    double worst = 0;
    double largest = Double.MIN_NORMAL;
    for (Result other : results.values()) {
      Tensor a = own.output();
      Tensor b = other.output();
      for (long i = 0, n = a.shape().elements(); i < n; i++) {
        // NaN must not pass as agreement.
        double difference = Math.abs((double) a.at(i) - b.at(i));
        worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        largest = Math.max(largest, Math.abs(b.at(i)));
      }
    }
    return OptionalDouble.of(worst / largest);
  }
}
