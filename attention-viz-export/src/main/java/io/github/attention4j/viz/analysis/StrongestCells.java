package io.github.attention4j.viz.analysis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The few cells with the most weight among those offered. */
final class StrongestCells {
  private static final int MOST = 3;

  private final List<Cell> cells = new ArrayList<>();

  void offer(Cell cell) {
    cells.add(cell);
    cells.sort(Comparator.comparingDouble(Cell::weight).reversed());
    if (cells.size() > MOST) {
      cells.removeLast();
    }
  }

  void merge(List<Cell> others) {
    others.forEach(this::offer);
  }

  /// The cells with the numbers of their texts counted on.
  List<Cell> renumbered(long before) {
    return cells.stream().map(cell -> cell.renumbered(before)).toList();
  }

  /// The strongest first.
  List<Cell> cells() {
    return List.copyOf(cells);
  }
}
