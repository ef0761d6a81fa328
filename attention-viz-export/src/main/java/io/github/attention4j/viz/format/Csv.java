package io.github.attention4j.viz.format;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Tidy CSV (RFC 4180, UTF-8): one line per cell.
final class Csv implements TraceFormat {
  private static final String HEADER =
      "map,kind,layer,head,query,key,query_token,key_token,weight\r\n";

  @Override
  public String id() {
    return "csv";
  }

  @Override
  public String suffix() {
    return "csv";
  }

  @Override
  public String description() {
    return "tidy CSV, one line per cell: map, kind, layer, head, query, key, their tokens, weight";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    AtomicFile.write(
        file,
        channel -> {
          Writer out = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
          out.write(HEADER);
          for (AttentionMap map : options.maps(trace)) {
            String start =
                quoted(map.name())
                    + ","
                    + map.label().kind().text()
                    + ","
                    + map.label().layer()
                    + ",";
            Cells.visit(
                map,
                options,
                (head, query, key, weight) ->
                    out.write(
                        start
                            + head
                            + ","
                            + query
                            + ","
                            + key
                            + ","
                            + quoted(map.queries().texts().get(query))
                            + ","
                            + quoted(map.keys().texts().get(key))
                            + ","
                            + weight
                            + "\r\n"));
          }
          out.flush();
        });
  }

  /// Always in quotes, so that no token is taken for a number, a date or nothing.
  private static String quoted(String text) {
    return "\"" + text.replace("\"", "\"\"") + "\"";
  }
}
