package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;

/** Reasons too long for a cell of a table: the cell has a number, the line below it the reason. */
final class Notes {
  private final List<String> reasons = new ArrayList<>();

  /** What stands in the cell, such as `refused [1]`; the same reason has the same number. */
  String mark(String word, String reason) {
    if (!reasons.contains(reason)) {
      reasons.add(reason);
    }
    return word + " [" + (reasons.indexOf(reason) + 1) + "]";
  }

  /** What stands in the cell of a contestant. */
  String cell(Measurement measurement) {
    return switch (measurement) {
      case Measurement.Timed timed -> Units.seconds(timed.samples().median());
      case Measurement.Refused(String reason) -> mark("refused", reason);
      case Measurement.Failed(String reason) -> mark("FAILED", reason);
    };
  }

  /** A line for each reason. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < reasons.size(); i++) {
      lines.add("[" + (i + 1) + "] " + reasons.get(i));
    }
    return lines;
  }
}
