package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.HeadWeights;
import java.io.IOException;
import java.util.List;

/// JSON in the shape of inseq's attributions: transposed, `[source][target][layer][head]`.
///
/// `source_attributions` come from cross-attention, `target_attributions` from the decoder's (or
/// the only stack's) self-attention; what a model lacks is null. Tokens are `{"token": …, "id":
/// position}`: a trace knows no vocabulary ids.
final class Inseq extends JsonFormat {
  @Override
  public String id() {
    return "inseq";
  }

  @Override
  public String description() {
    return "inseq-like: source_attributions and target_attributions[key][query][layer][head]";
  }

  @Override
  void write(AttentionTrace trace, FormatOptions options, JsonGenerator json) throws IOException {
    List<AttentionMap> maps = options.maps(trace);
    List<AttentionMap> cross =
        maps.stream().filter(map -> map.label().kind() == Kind.CROSS).toList();
    List<AttentionMap> decoder =
        maps.stream().filter(map -> map.label().kind() == Kind.DECODER).toList();
    List<AttentionMap> own =
        !decoder.isEmpty() || !cross.isEmpty() ? decoder : BertViz.stacks(maps).getFirst().maps();
    Labels target = (own.isEmpty() ? cross : own).getFirst().queries();
    json.writeStartObject();
    json.writeArrayFieldStart("sequence_attributions");
    json.writeStartObject();
    tokens(json, "source", cross.isEmpty() ? Labels.tokens(List.of()) : cross.getFirst().keys());
    tokens(json, "target", target);
    transposed(json, "source_attributions", cross, options);
    transposed(json, "target_attributions", own, options);
    json.writeNumberField("attr_pos_start", 0);
    json.writeNumberField("attr_pos_end", target.size());
    json.writeEndObject();
    json.writeEndArray();
    json.writeNullField("step_attributions");
    json.writeObjectFieldStart("info");
    json.writeStringField("attribution_method", "attention");
    for (var fact : trace.facts().entrySet()) {
      json.writeStringField(fact.getKey(), fact.getValue());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void tokens(JsonGenerator json, String name, Labels labels) throws IOException {
    json.writeArrayFieldStart(name);
    for (int i = 0; i < labels.size(); i++) {
      json.writeStartObject();
      json.writeStringField("token", labels.texts().get(i));
      json.writeNumberField("id", i);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void transposed(
      JsonGenerator json, String name, List<AttentionMap> layers, FormatOptions options)
      throws IOException {
    if (layers.isEmpty()) {
      json.writeNullField(name);
      return;
    }
    json.writeArrayFieldStart(name);
    AttentionMap first = layers.getFirst();
    for (int key = 0; key < first.keys().size(); key++) {
      json.writeStartArray();
      for (int query = 0; query < first.queries().size(); query++) {
        json.writeStartArray();
        for (AttentionMap layer : layers) {
          json.writeStartArray();
          for (int head : options.heads(layer)) {
            json.writeNumber(HeadWeights.of(layer, head).get(query, key));
          }
          json.writeEndArray();
        }
        json.writeEndArray();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }
}
