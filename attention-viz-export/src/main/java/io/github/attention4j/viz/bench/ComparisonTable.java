package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;

/// A comparison as text for a terminal: times by length, then what is known of the greatest length.
public final class ComparisonTable {
  private static final String NONE = "-";

  private ComparisonTable() {}

  /// The lines.
  public static List<String> lines(ComparisonFigures figures) {
    List<Long> lengths = figures.lengths();
    List<String> header = new ArrayList<>(List.of("time of a run at length"));
    lengths.forEach(length -> header.add(Units.count(length)));
    header.addAll(List.of("n^", "spread", "memory", "error"));
    TextTable table = new TextTable(header);
    Notes notes = new Notes();
    for (Trajectory each : figures.trajectories()) {
      List<String> line = new ArrayList<>();
      line.add(each.end().map(end -> notes.mark(each.name(), end)).orElse(each.name()));
      lengths.forEach(length ->
          line.add(each.at(length).map(point -> Units.seconds(point.seconds())).orElse(NONE)));
      line.add(text(each.timeExponent(), Units::three));
      line.add(
          each.last().map(point -> Units.percent(point.timed().samples().spread())).orElse(NONE));
      line.add(each.last().map(point -> text(point.memoryBytes(), Units::bytes)).orElse(NONE));
      line.add(each.last().map(point -> text(point.error(), Units::small)).orElse(NONE));
      table.add(line);
    }
    List<String> lines = new ArrayList<>();
    figures.machine().facts().forEach((name, fact) -> lines.add(name + ": " + fact));
    lines.add("");
    lines.addAll(table.lines());
    lines.addAll(notes.lines());
    lines.add("");
    lines.add(
        "n^: exponent of the time over the last four lengths. memory, error: at a mechanism's greatest length; memory beyond");
    lines.add(
        "inputs and output; error relative to exact softmax attention (causal for causal ones), - where not comparable.");
    return lines;
  }

  private static String text(OptionalDouble figure, DoubleFunction<String> format) {
    return figure.isPresent() ? format.apply(figure.getAsDouble()) : NONE;
  }
}
