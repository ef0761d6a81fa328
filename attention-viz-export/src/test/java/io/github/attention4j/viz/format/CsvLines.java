package io.github.attention4j.viz.format;

import java.util.ArrayList;
import java.util.List;

/** A reader of RFC 4180, the other half of the test. */
final class CsvLines {
  private CsvLines() {}

  static List<List<String>> of(String text) {
    List<List<String>> lines = new ArrayList<>();
    List<String> line = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        field.append('"');
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ',' || c == '\r')) {
        line.add(field.toString());
        field.setLength(0);
        if (c == '\r') {
          lines.add(line);
          line = new ArrayList<>();
          i++; // The line feed.
        }
      } else {
        field.append(c);
      }
    }
    return lines;
  }
}
