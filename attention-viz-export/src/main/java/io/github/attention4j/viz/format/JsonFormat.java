package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import io.github.attention4j.viz.analysis.HeadWeights;
import io.github.attention4j.viz.report.EscapedJson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;

/// A format that is one JSON document, written as it goes: no trace is too large for it.
abstract sealed class JsonFormat implements TraceFormat
    permits BertViz, CircuitsVis, Inseq, TensorToTensor, VegaLite {
  @Override
  public String suffix() {
    return "json";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    AtomicFile.write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          try (JsonGenerator json = EscapedJson.generator(out)) {
            write(trace, options, json);
          }
          out.flush();
        });
  }

  abstract void write(AttentionTrace trace, FormatOptions options, JsonGenerator json)
      throws IOException;

  static void texts(JsonGenerator json, String field, List<String> texts) throws IOException {
    json.writeArrayFieldStart(field);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  /// Rows `from` to `to` of `[head][query][key]`, keys `keysFrom` to `keysTo`.
  static void heads(
      JsonGenerator json, AttentionMap map, FormatOptions options, Span queries, Span keys)
      throws IOException {
    json.writeStartArray();
    float[] row = new float[map.keys().size()];
    for (int head : options.heads(map)) {
      HeadWeights weights = HeadWeights.of(map, head);
      json.writeStartArray();
      for (int query = queries.from(); query < queries.to(); query++) {
        weights.row(query, row);
        json.writeStartArray();
        for (int key = keys.from(); key < keys.to(); key++) {
          json.writeNumber(row[key]);
        }
        json.writeEndArray();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  /// Positions `from` (inclusive) to `to` (exclusive).
  record Span(int from, int to) {
    static Span of(Labels labels) {
      return new Span(0, labels.size());
    }

    List<String> texts(Labels labels) {
      return labels.texts().subList(from, to);
    }
  }
}
