package io.github.attention4j.viz.report;

import io.github.attention4j.viz.analysis.HeadWeights;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.Deflater;

/// Writes the page from top to bottom; of the weights no more than a few heads are in memory twice.
///
/// The script stands before the weights and starts at once, so that the first view does not wait
/// for the rest of the file.
final class ReportPage {
  /// How many heads are compressed side by side between two writes.
  private static final int AT_ONCE = 16;

  private static final int LEVEL = 5;

  private final Report report;
  private final List<ReportMap> maps;

  ReportPage(Report report, List<ReportMap> maps) {
    this.report = report;
    this.maps = maps;
  }

  void write(WritableByteChannel channel) throws IOException {
    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    String script = PageScript.script();
    String style = PageScript.style();
    print(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    print(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\""
            + PageScript.policy(script, style)
            + "\">\n");
    print(
        out,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            + "<title>Attention report</title>\n<style>"
            + style
            + "</style>\n</head>\n<body>\n"
            + PageScript.skeleton());
    print(out, "<div hidden>\n");
    if (report.picture.isPresent()) {
      image(out, "picture", report.picture.get());
    }
    if (report.spectrogram.isPresent()) {
      image(out, "spectrogram", report.spectrogram.get().picture());
    }
    print(out, "</div>\n<script type=\"application/json\" id=\"report\">");
    new ReportJson(report, maps).write(out);
    print(out, "</script>\n<script type=\"module\" async>" + script + "</script>\n");
    weights(out);
    print(out, "</body>\n</html>\n");
    out.flush();
  }

  private static void image(OutputStream out, String id, Picture picture) throws IOException {
    print(out, "<img id=\"" + id + "\" alt=\"\" src=\"" + picture.dataAddress() + "\">\n");
  }

  private void weights(OutputStream out) throws IOException {
    record Head(int map, int head) {}
    List<Head> heads = new ArrayList<>();
    for (int map = 0; map < maps.size(); map++) {
      for (int head = 0; head < maps.get(map).heads().size(); head++) {
        heads.add(new Head(map, head));
      }
    }
    for (int from = 0; from < heads.size(); from += AT_ONCE) {
      List<Head> some = heads.subList(from, Math.min(heads.size(), from + AT_ONCE));
      List<byte[]> blocks =
          IntStream.range(0, some.size())
              .parallel()
              .mapToObj(i -> block(maps.get(some.get(i).map()), some.get(i).head()))
              .toList();
      for (int i = 0; i < blocks.size(); i++) {
        Head head = some.get(i);
        print(out, "<script type=\"text/plain\" id=\"w" + head.map() + "." + head.head() + "\">");
        out.write(blocks.get(i));
        print(out, "</script>\n");
      }
    }
  }

  private static byte[] block(ReportMap map, int head) {
    HeadWeights weights = HeadWeights.of(map.map(), head);
    Quantised quantised = map.heads().get(head);
    float[] row = new float[weights.keys()];
    byte[] codes =
        new byte
            [Math.multiplyExact(
                Math.multiplyExact(weights.queries(), weights.keys()), quantised.codeBytes())];
    int at = 0;
    for (int query = 0; query < weights.queries(); query++) {
      weights.row(query, row);
      at += quantised.encode(row, codes, at);
    }
    return Base64.getEncoder().encode(Deflated.of(codes, at, LEVEL));
  }

  /// Every byte of the page is ASCII.
  static void print(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Compresses small data of the page the same way as weights.
  static String packed(byte[] bytes) {
    return Base64.getEncoder()
        .encodeToString(Deflated.of(bytes, bytes.length, Deflater.BEST_COMPRESSION));
  }
}
