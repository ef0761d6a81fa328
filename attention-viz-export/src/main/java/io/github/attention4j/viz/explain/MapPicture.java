package io.github.attention4j.viz.explain;

import io.github.attention4j.api.trace.AttentionMap;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A map in the terminal: rows are queries, columns are keys. In colour, a darker cell has more
/// weight; plain, a cell is its weight in tenths, `.` below 0.05 and `#` from 0.95.
public final class MapPicture {
  private static final String RESET = "\u001b[0m";

  /** From white to dark blue in the 256-colour palette, readable on dark and light backgrounds. */
  private static final int[] PALETTE = {255, 195, 153, 117, 81, 45, 39, 33, 27, 21, 18};

  private static final int LONGEST_LABEL = 12;

  private MapPicture() {}

  /// The lines of the picture of the mean over these heads.
  ///
  /// @param heads which heads, from 0
  /// @param color whether escape sequences of colours may be used
  public static List<String> lines(AttentionMap map, List<Integer> heads, boolean color) {
    List<String> rows = map.queries().texts().stream().map(MapPicture::shown).toList();
    List<String> columns = columns(map.keys().texts().stream().map(MapPicture::shown).toList());
    int margin = rows.stream().mapToInt(MapPicture::width).max().orElse(0);
    List<String> lines = new ArrayList<>(header(columns, margin));
    for (int q = 0; q < rows.size(); q++) {
      StringBuilder line = new StringBuilder(padded(rows.get(q), margin)).append(' ');
      for (int k = 0; k < columns.size(); k++) {
        line.append(cell(mean(map, heads, q, k), color));
      }
      if (color) {
        line.append(RESET);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /// All heads of a map.
  public static List<Integer> allHeads(AttentionMap map) {
    return IntStream.range(0, map.heads()).boxed().toList();
  }

  /**
   * Where nearly all labels are one character, the few longer ones ({@code <eos>}) become a dot.
   */
  private static List<String> columns(List<String> labels) {
    long longer = labels.stream().filter(label -> width(label) > 1).count();
    return longer > 2
        ? labels
        : labels.stream().map(label -> width(label) > 1 ? "•" : label).toList();
  }

  /** Column labels, written downwards where they are longer than one character. */
  private static List<String> header(List<String> columns, int margin) {
    int height = columns.stream().mapToInt(MapPicture::width).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (int level = 0; level < height; level++) {
      StringBuilder line = new StringBuilder(" ".repeat(margin + 1));
      for (String column : columns) {
        int[] characters = column.codePoints().toArray();
        int at = level - (height - characters.length);
        line.append(at >= 0 ? Character.toString(characters[at]) : " ").append(' ');
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static double mean(AttentionMap map, List<Integer> heads, int query, int key) {
    double sum = 0;
    for (int head : heads) {
      sum += map.weights().get(head, query, key);
    }
    return sum / heads.size();
  }

  private static String cell(double weight, boolean color) {
    double bounded = Math.clamp(weight, 0, 1);
    if (color) {
      int shade = PALETTE[(int) Math.round(bounded * (PALETTE.length - 1))];
      return "\u001b[48;5;" + shade + "m  ";
    }
    int tenths = (int) Math.round(bounded * 10);
    return (tenths == 0 ? "." : tenths == 10 ? "#" : Integer.toString(tenths)) + " ";
  }

  /** A label on one line: a visible sign for a space, none for what has no width, long ones cut. */
  private static String shown(String label) {
    String visible =
        label
            .codePoints()
            .map(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) ? '␣' : c)
            .map(c -> Character.isISOControl(c) ? '?' : c)
            .limit(LONGEST_LABEL)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return visible.isEmpty() ? "␣" : visible;
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String padded(String text, int width) {
    return " ".repeat(width - width(text)) + text;
  }
}
