package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/// What a part of the grid comes to, in a few figures.
final class Summary {
  private final Machine machine;
  private final List<Row> rows;
  private final List<Figure> figures = new ArrayList<>();

  private Summary(Machine machine, List<Row> rows) {
    this.machine = machine;
    this.rows = rows;
  }

  /// One figure.
  ///
  /// @param name what it is
  /// @param value the bare value
  /// @param text the value for people
  record Figure(String name, double value, String text) {}

  /// The figures of a part of the grid; none where too little ran.
  static List<Figure> of(Machine machine, List<Row> rows) {
    Summary summary = new Summary(machine, rows);
    switch (rows.getFirst().cell().group()) {
      case MEMORY -> summary.memory();
      case PREFILL -> {
        summary.ratios("", row -> true);
        summary.ratios(", full", row -> row.cell().series().startsWith("full"));
        summary.ratios(", causal", row -> row.cell().series().startsWith("causal"));
        summary.lowestShareOfPeak();
      }
      case DECODE -> {
        summary.ratios("", row -> true);
        summary.lowestShareOfBandwidth();
      }
      case SMALL -> summary.ratios("", row -> true);
      case SPARSE -> {}
      case LINEAR -> {
        summary.ratios("", row -> true);
        summary.doublings();
        summary.againstLinearAttention();
      }
    }
    return List.copyOf(summary.figures);
  }

  private void memory() {
    for (Row row : rows) {
      row.extraBytes()
          .ifPresent(
              bytes -> figure("memory beyond inputs and outputs", bytes, Units.bytes(bytes)));
    }
  }

  /** How much faster than the peer, over cells. */
  private void ratios(String which, Predicate<Row> chosen) {
    List<Row> compared =
        rows.stream().filter(chosen).filter(row -> row.ratio().isPresent()).toList();
    if (compared.isEmpty()) {
      return;
    }
    double mean =
        Samples.geometricMean(compared.stream().map(row -> row.ratio().orElseThrow()).toList());
    figure(
        "ratio to ONNX Runtime, geometric mean of " + compared.size() + " cells" + which,
        mean,
        Units.three(mean));
    Row lowest =
        compared.stream()
            .min(java.util.Comparator.comparingDouble(row -> row.ratio().orElseThrow()))
            .orElseThrow();
    figure("ratio to ONNX Runtime, lowest" + which, lowest.ratio().orElseThrow(), at(lowest));
  }

  private static String at(Row row) {
    return Units.three(row.ratio().orElseThrow()) + " (" + name(row) + ")";
  }

  private static String name(Row row) {
    return row.cell().series() + ", length " + Units.count(row.cell().length());
  }

  private void lowestShareOfPeak() {
    lowest(
        "share of the multiply-add ceiling from length 1024 up, lowest",
        rows.stream().filter(row -> row.cell().length() >= 1024).toList(),
        row -> share(row.operationsPerSecond(), machine.operationsPerSecond()));
  }

  private void lowestShareOfBandwidth() {
    lowest(
        "share of the read ceiling, lowest",
        rows,
        row -> share(row.bytesPerSecond(), machine.bytesPerSecond()));
  }

  private void lowest(
      String name, List<Row> of, java.util.function.Function<Row, OptionalDouble> value) {
    Optional<Row> lowest =
        of.stream()
            .filter(row -> value.apply(row).isPresent())
            .min(java.util.Comparator.comparingDouble(row -> value.apply(row).orElseThrow()));
    lowest.ifPresent(row -> {
      double share = value.apply(row).orElseThrow();
      figure(name, share, Units.percent(share) + " (" + name(row) + ")");
    });
  }

  /** The share of a ceiling, where both are known. */
  static OptionalDouble share(OptionalDouble figure, OptionalDouble ceiling) {
    return figure.isEmpty() || ceiling.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(figure.getAsDouble() / ceiling.getAsDouble());
  }

  private void doublings() {
    for (String series : rows.stream().map(row -> row.cell().series()).distinct().toList()) {
      rows.stream()
          .filter(row -> row.cell().series().equals(series))
          .map(row -> doubling(rows, row))
          .flatMapToDouble(OptionalDouble::stream)
          .max()
          .ifPresent(
              most -> figure(series + ": time(2n)/time(n), highest", most, Units.three(most)));
    }
  }

  /** The time over that of half the length, in the same series. */
  static OptionalDouble doubling(List<Row> rows, Row row) {
    OptionalDouble seconds = row.seconds(Contestant.CPU);
    OptionalDouble half =
        rows.stream()
            .filter(other -> other.cell().series().equals(row.cell().series()))
            .filter(other -> 2 * other.cell().length() == row.cell().length())
            .map(other -> other.seconds(Contestant.CPU))
            .flatMapToDouble(OptionalDouble::stream)
            .findFirst();
    return seconds.isEmpty() || half.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(seconds.getAsDouble() / half.getAsDouble());
  }

  /** ONNX Runtime's own linear attention is the recurrent one, without features or normalizer. */
  private void againstLinearAttention() {
    for (String series : List.of(Grid.LINEAR_TRANSFORMER, Grid.PERFORMER)) {
      List<Double> ratios = new ArrayList<>();
      for (Row row : rows) {
        if (row.cell().series().equals(series) && row.seconds(Contestant.CPU).isPresent()) {
          rows.stream()
              .filter(other -> other.cell().series().equals(Grid.RECURRENT))
              .filter(other -> other.cell().length() == row.cell().length())
              .map(other -> other.seconds(Contestant.FUSED))
              .flatMapToDouble(OptionalDouble::stream)
              .forEach(peer -> ratios.add(peer / row.seconds(Contestant.CPU).getAsDouble()));
        }
      }
      if (!ratios.isEmpty()) {
        double mean = Samples.geometricMean(ratios);
        figure(
            series + ": ratio to ONNX Runtime's LinearAttention, geometric mean",
            mean,
            Units.three(mean));
      }
    }
  }

  private void figure(String name, double value, String text) {
    figures.add(new Figure(name, value, text));
  }
}
