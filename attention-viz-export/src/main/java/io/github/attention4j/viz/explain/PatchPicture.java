package io.github.attention4j.viz.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Patches of pictures in the terminal, several grids beside each other: a cell is its patch's
/// weight in tenths of the largest of its grid, `.` below 0.05 and `#` from 0.95.
public final class PatchPicture {
  /// Grids with more columns than this are not for a terminal.
  public static final int MOST_COLUMNS = 48;

  private static final int WIDTH = 100;
  private static final int GAP = 3;

  /** Room for a title above small grids. */
  private static final int SLOT = 20;

  private PatchPicture() {}

  /// One grid.
  ///
  /// @param title above it, cut to fit
  /// @param weights row by row; what is below 0 counts as 0
  public record Grid(String title, List<Double> weights) {
    public Grid {
      weights = List.copyOf(weights);
    }
  }

  /// The lines of all grids, as many beside each other as fit.
  ///
  /// @param columns of every grid
  public static List<String> lines(List<Grid> grids, int columns) {
    int width = 2 * columns - 1;
    int slot = Math.max(width, SLOT);
    int beside = Math.max(1, (WIDTH + GAP) / (slot + GAP));
    List<String> lines = new ArrayList<>();
    for (int from = 0; from < grids.size(); from += beside) {
      if (from > 0) {
        lines.add("");
      }
      List<List<String>> blocks = new ArrayList<>();
      for (Grid grid : grids.subList(from, Math.min(grids.size(), from + beside))) {
        blocks.add(block(grid, columns, slot));
      }
      for (int row = 0; row < blocks.getFirst().size(); row++) {
        StringBuilder line = new StringBuilder();
        for (List<String> block : blocks) {
          String text = block.get(row);
          line.append(text).append(" ".repeat(slot + GAP - text.codePointCount(0, text.length())));
        }
        lines.add(line.toString().stripTrailing());
      }
    }
    return lines;
  }

  private static List<String> block(Grid grid, int columns, int slot) {
    double max = grid.weights().stream().mapToDouble(weight -> weight).max().orElse(0);
    List<String> lines = new ArrayList<>();
    lines.add(cut(grid.title(), slot));
    for (int at = 0; at < grid.weights().size(); at += columns) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        line.append(c == 0 ? "" : " ").append(cell(grid.weights().get(at + c), max));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static String cell(double weight, double max) {
    int tenths = max > 0 ? (int) Math.round(10 * Math.max(0, weight) / max) : 0;
    return tenths == 0 ? "." : tenths == 10 ? "#" : String.format(Locale.ROOT, "%d", tenths);
  }

  private static String cut(String title, int width) {
    int[] characters = title.codePoints().map(c -> Character.isISOControl(c) ? '?' : c).toArray();
    return characters.length <= width
        ? new String(characters, 0, characters.length)
        : new String(characters, 0, width - 1) + "…";
  }
}
