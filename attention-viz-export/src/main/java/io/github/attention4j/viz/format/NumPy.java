package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import io.github.attention4j.viz.analysis.HeadWeights;
import io.github.attention4j.viz.report.EscapedJson;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// NumPy's `.npz`: for map number `i` the arrays `map.i` (float32 `[heads, queries, keys]`),
/// `queries.i` and `keys.i` (texts), and `trace`, a JSON text with facts, kinds, layers and tokens.
///
/// NumPy drops null characters at the end of texts; the JSON keeps them.
final class NumPy implements TraceFormat {
  @Override
  public String id() {
    return "npz";
  }

  @Override
  public String suffix() {
    return "npz";
  }

  @Override
  public String description() {
    return "NumPy: map.i[head][query][key], queries.i, keys.i, and trace (JSON)";
  }

  @Override
  public void write(AttentionTrace trace, FormatOptions options, Path file) throws IOException {
    List<AttentionMap> maps = options.maps(trace);
    AtomicFile.write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
          for (int i = 0; i < maps.size(); i++) {
            weights(zip, "map." + i, maps.get(i), options);
            texts(zip, "queries." + i, maps.get(i).queries().texts());
            texts(zip, "keys." + i, maps.get(i).keys().texts());
          }
          text(zip, "trace", json(trace, maps));
          zip.finish();
          out.flush();
        });
  }

  private static void weights(
      ZipOutputStream zip, String name, AttentionMap map, FormatOptions options)
      throws IOException {
    int[] heads = options.heads(map);
    int keys = map.keys().size();
    entry(zip, name, "<f4", heads.length + ", " + map.queries().size() + ", " + keys);
    float[] row = new float[keys];
    ByteBuffer bytes = ByteBuffer.allocate(keys * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int head : heads) {
      HeadWeights weights = HeadWeights.of(map, head);
      for (int query = 0; query < weights.queries(); query++) {
        weights.row(query, row);
        bytes.asFloatBuffer().put(row);
        zip.write(bytes.array());
      }
    }
    zip.closeEntry();
  }

  private static void texts(ZipOutputStream zip, String name, List<String> texts)
      throws IOException {
    int width = Math.max(1, texts.stream().mapToInt(text -> points(text).length).max().orElse(1));
    entry(zip, name, "<U" + width, texts.size() + ",");
    for (String text : texts) {
      zip.write(encoded(points(text), width));
    }
    zip.closeEntry();
  }

  private static void text(ZipOutputStream zip, String name, String text) throws IOException {
    int[] points = points(text);
    entry(zip, name, "<U" + Math.max(1, points.length), "");
    zip.write(encoded(points, Math.max(1, points.length)));
    zip.closeEntry();
  }

  private static int[] points(String text) {
    return text.codePoints().toArray();
  }

  private static byte[] encoded(int[] points, int width) {
    ByteBuffer bytes = ByteBuffer.allocate(width * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(points);
    return bytes.array();
  }

  /// The head of a `.npy` file, version 1: a Python dictionary, padded so that the data start at a
  /// multiple of 64.
  private static void entry(ZipOutputStream zip, String name, String type, String shape)
      throws IOException {
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    String dictionary =
        String.format(
            Locale.ROOT, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
    int unpadded = 10 + dictionary.length() + 1;
    String padded = dictionary + " ".repeat((64 - unpadded % 64) % 64) + "\n";
    zip.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    zip.write(padded.length() & 0xff);
    zip.write(padded.length() >> 8);
    zip.write(padded.getBytes(StandardCharsets.US_ASCII));
  }

  private static String json(AttentionTrace trace, List<AttentionMap> maps) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = EscapedJson.generator(bytes)) {
      json.writeStartObject();
      json.writeObjectFieldStart("facts");
      for (var fact : trace.facts().entrySet()) {
        json.writeStringField(fact.getKey(), fact.getValue());
      }
      json.writeEndObject();
      json.writeArrayFieldStart("maps");
      for (AttentionMap map : maps) {
        json.writeStartObject();
        json.writeStringField("name", map.name());
        json.writeStringField("kind", map.label().kind().text());
        json.writeNumberField("layer", map.label().layer());
        json.writeStringField("proof", map.proof());
        labels(json, "queries", map.queries());
        labels(json, "keys", map.keys());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return bytes.toString(StandardCharsets.US_ASCII);
  }

  private static void labels(JsonGenerator json, String name, Labels labels) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("kind", labels.kind().name().toLowerCase(Locale.ROOT));
    JsonFormat.texts(json, "texts", labels.texts());
    json.writeEndObject();
  }
}
