package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

/// The figures of a benchmark as text for a terminal, one table for each part of the grid, each row
/// as soon as it is measured.
public final class BenchmarkTable implements Benchmark.Listener {
  /** Outputs that differ by more than this part of the largest are not the same computation. */
  private static final double AGREEMENT = 1e-3;

  private static final String NONE = "-";

  /** Of the first column and of figures. */
  private static final int[] WIDTHS = {30, 7, 8, 6, 8, 10, 8, 8, 13, 32, 6, 11, 9};

  private final Consumer<String> out;
  private final List<Row> rows = new ArrayList<>();
  private Notes notes = new Notes();
  private @Nullable Machine machine;

  /// @param out takes lines
  public BenchmarkTable(Consumer<String> out) {
    this.out = out;
  }

  @Override
  public void measured(Machine found) {
    machine = found;
    lines(found).forEach(out);
  }

  @Override
  public void finished(Row row) {
    Group group = row.cell().group();
    boolean first = rows.isEmpty() || rows.getLast().cell().group() != group;
    if (first) {
      endGroup();
      out.accept("");
      out.accept(group.title());
      out.accept(new TextTable(header(group)).header(WIDTHS));
    }
    rows.add(row);
    out.accept(new TextTable(header(group)).row(cells(row), WIDTHS));
  }

  private Machine machine() {
    return Objects.requireNonNull(machine);
  }

  /** The reasons and the sums of the part that ends. */
  private void endGroup() {
    if (rows.isEmpty()) {
      return;
    }
    notes.lines().forEach(out);
    notes = new Notes();
    Summary.of(machine(), rows)
        .forEach(figure -> out.accept("  " + figure.name() + ": " + figure.text()));
    rows.clear();
  }

  /// What comes after the last row.
  public void end(BenchmarkFigures figures) {
    endGroup();
    out.accept("");
    out.accept(
        figures.rows().size()
            + " cells in "
            + Units.seconds(figures.duration().toNanos() * 1e-9)
            + ", medians of "
            + figures.pace().rounds()
            + " interleaved rounds");
  }

  private static List<String> header(Group group) {
    return switch (group) {
      case MEMORY ->
          List.of("one run", "length", "cpu", "spread", "GFLOP/s", "of ceiling", "heap", "extra");
      case SPARSE ->
          List.of(
              "",
              "length",
              "cpu",
              "spread",
              "faster",
              "live pairs",
              "tiles",
              "time/tile of full's");
      case PREFILL, SMALL, DECODE, LINEAR -> {
        List<String> header =
            new ArrayList<>(
                List.of(
                    "",
                    "length",
                    "cpu",
                    "spread",
                    group == Group.DECODE ? "GB/s" : "GFLOP/s",
                    "of ceiling",
                    "heap/run",
                    Contestant.PORTABLE,
                    Contestant.FUSED,
                    "peer",
                    "ratio",
                    "rounds"));
        if (group == Group.LINEAR) {
          header.add("time/half");
        }
        yield header;
      }
    };
  }

  private List<String> cells(Row row) {
    return switch (row.cell().group()) {
      case MEMORY -> memory(row);
      case SPARSE -> sparse(row);
      case PREFILL, SMALL, DECODE, LINEAR -> contest(row);
    };
  }

  private static List<String> lines(Machine machine) {
    List<String> lines = new ArrayList<>();
    machine.facts().forEach((name, fact) -> lines.add(name + ": " + fact));
    lines.add(
        "ceiling of multiply-adds: "
            + text(machine.operationsPerSecond(), rate -> Units.three(rate * 1e-9) + " GFLOP/s"));
    lines.add(
        "ceiling of reads: "
            + text(machine.bytesPerSecond(), rate -> Units.three(rate * 1e-9) + " GB/s"));
    if (machine.load().orElse(0) > 0.5 * machine.threads()) {
      lines.add(
          "CAUTION: the machine was not quiet (load "
              + Units.three(machine.load().getAsDouble())
              + " before the start); these figures are not to be quoted");
    }
    return lines;
  }

  private List<String> contest(Row row) {
    boolean reads = row.cell().group() == Group.DECODE;
    List<String> line = new ArrayList<>();
    line.add(row.cell().series());
    line.add(Units.count(row.cell().length()));
    own(row, notes, line);
    OptionalDouble rate = reads ? row.bytesPerSecond() : row.operationsPerSecond();
    line.add(text(rate, each -> Units.three(each * 1e-9)));
    line.add(
        text(
            Summary.share(
                rate, reads ? machine().bytesPerSecond() : machine().operationsPerSecond()),
            Units::percent));
    line.add(heap(row));
    line.add(cell(row, Contestant.PORTABLE, notes));
    line.add(cell(row, Contestant.FUSED, notes));
    line.add(row.peer().map(row::kernel).orElse(NONE));
    line.add(ratio(row, notes));
    line.add(range(row.ratios()));
    if (row.cell().group() == Group.LINEAR) {
      line.add(text(Summary.doubling(rows, row), Units::three));
    }
    return line;
  }

  private static void own(Row row, Notes notes, List<String> line) {
    line.add(cell(row, Contestant.CPU, notes));
    line.add(
        row.timed(Contestant.CPU)
            .map(timed -> Units.percent(timed.samples().spread()))
            .orElse(NONE));
  }

  private static String ratio(Row row, Notes notes) {
    String text = text(row.ratio(), Units::three);
    double difference = row.disagreement().orElse(0);
    return difference > AGREEMENT
        ? notes.mark(
            text + " DIFFERENT",
            "outputs differ by " + Units.three(difference) + " of the largest: not the same")
        : text;
  }

  private List<String> memory(Row row) {
    List<String> line = new ArrayList<>();
    line.add(row.cell().series());
    line.add(Units.count(row.cell().length()));
    line.add(cell(row, Contestant.CPU, notes));
    line.add(NONE);
    line.add(text(row.operationsPerSecond(), each -> Units.three(each * 1e-9)));
    line.add(
        text(
            Summary.share(row.operationsPerSecond(), machine().operationsPerSecond()),
            Units::percent));
    line.add(heap(row));
    line.add(text(row.extraBytes(), Units::bytes));
    return line;
  }

  private List<String> sparse(Row row) {
    Row full = rows.getFirst();
    List<String> line = new ArrayList<>();
    line.add(row.cell().series());
    line.add(Units.count(row.cell().length()));
    own(row, notes, line);
    line.add(text(faster(full, row), Units::three));
    Optional<LivePairs> live = row.cost().flatMap(Cost::live);
    line.add(live.map(each -> Units.count(each.pairs())).orElse(NONE));
    line.add(live.map(each -> Units.count(each.tiles())).orElse(NONE));
    line.add(text(perTile(full, row), Units::three));
    return line;
  }

  /** How many times faster than full attention. */
  static OptionalDouble faster(Row full, Row row) {
    return Summary.share(full.seconds(Contestant.CPU), row.seconds(Contestant.CPU));
  }

  /** The time per live tile, over that of full attention. */
  static OptionalDouble perTile(Row full, Row row) {
    OptionalDouble faster = faster(full, row);
    Optional<LivePairs> all = full.cost().flatMap(Cost::live);
    Optional<LivePairs> live = row.cost().flatMap(Cost::live);
    return faster.isEmpty() || all.isEmpty() || live.isEmpty() || live.get().tiles() == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) all.get().tiles() / live.get().tiles() / faster.getAsDouble());
  }

  private static String cell(Row row, String contestant, Notes notes) {
    Measurement measurement = row.measurements().get(contestant);
    return measurement == null ? NONE : notes.cell(measurement);
  }

  private static String heap(Row row) {
    return row.timed(Contestant.CPU).map(timed -> Units.bytes(timed.allocatedBytes())).orElse(NONE);
  }

  private static String range(List<Double> ratios) {
    return ratios.isEmpty()
        ? NONE
        : Units.three(ratios.stream().mapToDouble(Double::doubleValue).min().orElseThrow())
            + "-"
            + Units.three(ratios.stream().mapToDouble(Double::doubleValue).max().orElseThrow());
  }

  private static String text(OptionalDouble figure, DoubleFunction<String> format) {
    return figure.isPresent() ? format.apply(figure.getAsDouble()) : NONE;
  }
}
