package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/// A labelled heat map as SVG; cells without weight are left out, every cell says its tokens and
/// weight when pointed at.
final class SvgFormat implements TraceFormat {
  private static final int CELL = 18;
  private static final int LEFT = 150;
  private static final int TOP = 160;
  private static final int LABEL = 20;

  @Override
  public String id() {
    return "svg";
  }

  @Override
  public String suffix() {
    return "svg";
  }

  @Override
  public String description() {
    return "labelled heat map: down = query, across = key";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    MeanMap map = MeanMap.of(trace, options);
    AtomicFile.write(
        file,
        channel -> {
          Writer out = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
          write(map, options, out);
          out.flush();
        });
  }

  private static void write(MeanMap map, FormatOptions options, Writer out) throws IOException {
    int width = LEFT + CELL * map.keys() + 20;
    int height = TOP + CELL * map.queries() + 20;
    String title = escape(map.title());
    out.write(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                + " font-family=\"sans-serif\" font-size=\"12\">\n<title>%s</title>\n"
                + "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
                + "<text x=\"10\" y=\"20\" font-weight=\"bold\">%s</text>\n",
            width,
            height,
            width,
            height,
            title,
            width,
            height,
            title));
    for (int query = 0; query < map.queries(); query++) {
      String name = map.map().queries().texts().get(query);
      int y = TOP + CELL * query;
      out.write(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
              LEFT - 6,
              y + 13,
              escape(shortened(name))));
      for (int key = 0; key < map.keys(); key++) {
        float weight = map.weight(query, key);
        if (weight > 0 && weight >= options.threshold()) {
          out.write(
              String.format(
                  Locale.ROOT,
                  "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"><title>%s → %s: %s"
                      + "</title></rect>\n",
                  LEFT + CELL * key,
                  y,
                  CELL,
                  CELL,
                  map.colour(query, key),
                  escape(name),
                  escape(map.map().keys().texts().get(key)),
                  weight));
        }
      }
    }
    for (int key = 0; key < map.keys(); key++) {
      int x = LEFT + CELL * key + 13;
      out.write(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%d\" transform=\"rotate(-60 %d %d)\">%s</text>\n",
              x,
              TOP - 6,
              x,
              TOP - 6,
              escape(shortened(map.map().keys().texts().get(key)))));
    }
    out.write(
        String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#999\"/>\n</svg>\n",
            LEFT,
            TOP,
            CELL * map.keys(),
            CELL * map.queries()));
  }

  private static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= LABEL
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LABEL)) + "…";
  }

  /// Text for an XML element; characters that XML cannot hold become U+FFFD.
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          switch (point) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            case '>' -> escaped.append("&gt;");
            case '"' -> escaped.append("&quot;");
            default -> escaped.appendCodePoint(isXml(point) ? point : 0xfffd);
          }
        });
    return escaped.toString();
  }

  private static boolean isXml(int point) {
    return point == '\t'
        || point == '\n'
        || point == '\r'
        || (point >= 0x20 && point <= 0xd7ff)
        || (point >= 0xe000 && point <= 0xfffd)
        || point >= 0x10000;
  }
}
