package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;

/// A table in plain text: the first column is text and stands left, the others are figures and
/// stand right.
final class TextTable {
  private static final String GAP = "  ";

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(List<String> header) {
    this.header = List.copyOf(header);
  }

  /// Adds a row with as many cells as the header has.
  void add(List<String> row) {
    if (row.size() != header.size()) {
      throw new IllegalArgumentException(
          "row: expected " + header.size() + " cells as the header, got " + row);
    }
    rows.add(List.copyOf(row));
  }

  /// The lines, without line ends.
  List<String> lines() {
    int[] widths = new int[header.size()];
    measure(header, widths);
    rows.forEach(row -> measure(row, widths));
    List<String> lines = new ArrayList<>();
    lines.add(line(header, widths));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  /// The header alone, for tables whose rows are printed as they come.
  ///
  /// @param narrowest of each column
  String header(int... narrowest) {
    return line(header, widths(narrowest));
  }

  /// A row under [#header(int...)]; a cell that is wider than its column moves the rest.
  String row(List<String> row, int... narrowest) {
    return line(row, widths(narrowest));
  }

  private int[] widths(int... narrowest) {
    int[] widths = java.util.Arrays.copyOf(narrowest, header.size());
    measure(header, widths);
    return widths;
  }

  private static void measure(List<String> row, int[] widths) {
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], length(row.get(i)));
    }
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(Math.max(0, widths[i] - length(row.get(i))));
      line.append(i == 0 ? "" : GAP).append(i == 0 ? row.get(i) + padding : padding + row.get(i));
    }
    return line.toString().stripTrailing();
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
