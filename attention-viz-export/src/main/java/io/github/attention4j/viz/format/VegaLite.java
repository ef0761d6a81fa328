package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.io.IOException;

/// A Vega-Lite heat map of one layer, a facet per head; rows are queries, columns keys.
///
/// The data are inside the specification. Axes are positions, since tokens repeat; labels and
/// tooltips show the tokens.
final class VegaLite extends JsonFormat {
  @Override
  public String id() {
    return "vega-lite";
  }

  @Override
  public String description() {
    return "Vega-Lite heat map of one layer, a facet per head: x = key, y = query";
  }

  @Override
  void write(AttentionTrace trace, FormatOptions options, JsonGenerator json) throws IOException {
    AttentionMap map = options.map(trace);
    json.writeStartObject();
    json.writeStringField("$schema", "https://vega.github.io/schema/vega-lite/v5.json");
    json.writeStringField(
        "title", map.label().kind().text() + " attention, layer " + map.label().layer());
    json.writeObjectFieldStart("data");
    json.writeArrayFieldStart("values");
    Cells.visit(
        map,
        options,
        (head, query, key, weight) -> {
          json.writeStartObject();
          json.writeNumberField("head", head);
          json.writeNumberField("query", query);
          json.writeNumberField("key", key);
          json.writeStringField("query_token", map.queries().texts().get(query));
          json.writeStringField("key_token", map.keys().texts().get(key));
          json.writeNumberField("weight", weight);
          json.writeEndObject();
        });
    json.writeEndArray();
    json.writeEndObject();
    json.writeObjectFieldStart("facet");
    json.writeStringField("field", "head");
    json.writeStringField("type", "ordinal");
    json.writeEndObject();
    json.writeNumberField("columns", 4);
    json.writeObjectFieldStart("spec");
    json.writeStringField("mark", "rect");
    json.writeObjectFieldStart("encoding");
    axis(json, "x", "key", map.keys());
    axis(json, "y", "query", map.queries());
    json.writeObjectFieldStart("color");
    json.writeStringField("field", "weight");
    json.writeStringField("type", "quantitative");
    json.writeObjectFieldStart("scale");
    json.writeStringField("scheme", "cividis");
    json.writeEndObject();
    json.writeEndObject();
    json.writeArrayFieldStart("tooltip");
    for (String field : new String[] {"query_token", "key_token", "weight"}) {
      json.writeStartObject();
      json.writeStringField("field", field);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void axis(JsonGenerator json, String channel, String field, Labels labels)
      throws IOException {
    json.writeObjectFieldStart(channel);
    json.writeStringField("field", field);
    json.writeStringField("type", "ordinal");
    json.writeObjectFieldStart("axis");
    StringBuilder names = new StringBuilder("[");
    for (String text : labels.texts()) {
      names.append(names.length() > 1 ? "," : "").append(literal(text));
    }
    json.writeStringField("labelExpr", names + "][datum.value]");
    json.writeEndObject();
    json.writeEndObject();
  }

  /// A token as a string of Vega's expression language; long ones are cut, the tooltip has them
  /// whole.
  private static String literal(String text) {
    StringBuilder literal = new StringBuilder("'");
    text.codePoints()
        .limit(20)
        .forEach(point -> {
          for (char unit : Character.toChars(point)) {
            if (unit < 0x20 || unit == '\'' || unit == '\\' || unit > 0x7e) {
              literal.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) unit));
            } else {
              literal.append(unit);
            }
          }
        });
    return literal.append('\'').toString();
  }
}
