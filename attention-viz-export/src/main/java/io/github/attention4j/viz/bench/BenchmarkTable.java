package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;

/// The figures of a benchmark as text for a terminal, one table for each part of the grid.
public final class BenchmarkTable {
  /** Outputs that differ by more than this part of the largest are not the same computation. */
  private static final double AGREEMENT = 1e-3;

  private static final String NONE = "-";

  private final BenchmarkFigures figures;

  private BenchmarkTable(BenchmarkFigures figures) {
    this.figures = figures;
  }

  /// The lines.
  public static List<String> lines(BenchmarkFigures figures) {
    BenchmarkTable table = new BenchmarkTable(figures);
    List<String> lines = new ArrayList<>(table.machine());
    for (Group group : Group.values()) {
      if (!figures.of(group).isEmpty()) {
        lines.add("");
        lines.addAll(table.group(group));
      }
    }
    lines.add("");
    lines.add(
        figures.rows().size()
            + " cells in "
            + Units.seconds(figures.duration().toNanos() * 1e-9)
            + ", medians of "
            + figures.pace().rounds()
            + " interleaved rounds");
    return lines;
  }

  private List<String> machine() {
    List<String> lines = new ArrayList<>();
    Machine machine = figures.machine();
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

  private List<String> group(Group group) {
    List<String> lines = new ArrayList<>();
    lines.add(group.title());
    Notes notes = new Notes();
    List<Row> rows = figures.of(group);
    lines.addAll(
        switch (group) {
          case MEMORY -> memory(rows, notes).lines();
          case SPARSE -> sparse(rows, notes).lines();
          case PREFILL, SMALL -> contest(rows, notes, false, false).lines();
          case DECODE -> contest(rows, notes, true, false).lines();
          case LINEAR -> contest(rows, notes, false, true).lines();
        });
    lines.addAll(notes.lines());
    Summary.of(figures, group)
        .forEach(figure -> lines.add("  " + figure.name() + ": " + figure.text()));
    return lines;
  }

  private TextTable contest(List<Row> rows, Notes notes, boolean reads, boolean doublings) {
    List<String> header =
        new ArrayList<>(
            List.of(
                "",
                "length",
                "cpu",
                "spread",
                reads ? "GB/s" : "GFLOP/s",
                "of ceiling",
                "heap/run",
                Contestant.PORTABLE,
                Contestant.FUSED,
                "ratio",
                "rounds"));
    if (doublings) {
      header.add("time/half");
    }
    TextTable table = new TextTable(header);
    for (Row row : rows) {
      List<String> line = new ArrayList<>();
      line.add(row.cell().series());
      line.add(Units.count(row.cell().length()));
      own(row, notes, line);
      OptionalDouble rate = reads ? row.bytesPerSecond() : row.operationsPerSecond();
      line.add(text(rate, each -> Units.three(each * 1e-9)));
      line.add(
          text(
              Summary.share(
                  rate,
                  reads
                      ? figures.machine().bytesPerSecond()
                      : figures.machine().operationsPerSecond()),
              Units::percent));
      line.add(heap(row));
      line.add(cell(row, Contestant.PORTABLE, notes));
      line.add(cell(row, Contestant.FUSED, notes));
      line.add(ratio(row, notes));
      line.add(range(row.ratios()));
      if (doublings) {
        line.add(text(Summary.doubling(rows, row), Units::three));
      }
      table.add(line);
    }
    return table;
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

  private TextTable memory(List<Row> rows, Notes notes) {
    TextTable table =
        new TextTable(
            List.of("one run", "length", "cpu", "GFLOP/s", "of ceiling", "heap", "extra memory"));
    for (Row row : rows) {
      table.add(
          List.of(
              row.cell().series(),
              Units.count(row.cell().length()),
              cell(row, Contestant.CPU, notes),
              text(row.operationsPerSecond(), each -> Units.three(each * 1e-9)),
              text(
                  Summary.share(row.operationsPerSecond(), figures.machine().operationsPerSecond()),
                  Units::percent),
              heap(row),
              text(row.extraBytes(), Units::bytes)));
    }
    return table;
  }

  private static TextTable sparse(List<Row> rows, Notes notes) {
    TextTable table =
        new TextTable(
            List.of(
                "",
                "length",
                "cpu",
                "spread",
                "live pairs",
                "live tiles",
                "times faster",
                "time/tile of full's"));
    Row full = rows.getFirst();
    for (Row row : rows) {
      List<String> line = new ArrayList<>();
      line.add(row.cell().series());
      line.add(Units.count(row.cell().length()));
      own(row, notes, line);
      Optional<LivePairs> live = row.cost().flatMap(Cost::live);
      line.add(live.map(each -> Units.count(each.pairs())).orElse(NONE));
      line.add(live.map(each -> Units.count(each.tiles())).orElse(NONE));
      line.add(text(faster(full, row), Units::three));
      line.add(text(perTile(full, row), Units::three));
      table.add(line);
    }
    return table;
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
