package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.viz.analysis.HeadWeights;
import java.io.IOException;
import java.util.List;

/// The properties of CircuitsVis' component `AttentionHeads`:
/// `attention[head][destination][source]`, destination the query.
///
/// The heads of all layers stand behind each other; `attentionHeadNames` tells them apart. All maps
/// are over one sequence.
final class CircuitsVis extends JsonFormat {
  @Override
  public String id() {
    return "circuitsvis";
  }

  @Override
  public String description() {
    return "properties of CircuitsVis AttentionHeads: attention[head][destination = query][source = key]";
  }

  @Override
  void write(AttentionTrace trace, FormatOptions options, JsonGenerator json) throws IOException {
    List<AttentionMap> maps = options.maps(trace);
    AttentionMap first = maps.getFirst();
    for (AttentionMap map : maps) {
      if (!map.queries().equals(first.queries()) || !map.keys().equals(first.queries())) {
        throw new IllegalArgumentException(
            "kind: expected maps over one sequence, got "
                + maps.stream().map(each -> each.label().kind().text()).distinct().toList()
                + ": choose a kind of self-attention");
      }
    }
    json.writeStartObject();
    json.writeArrayFieldStart("attention");
    boolean causal = true;
    for (AttentionMap map : maps) {
      for (int head : options.heads(map)) {
        HeadWeights weights = HeadWeights.of(map, head);
        json.writeStartArray();
        for (int query = 0; query < weights.queries(); query++) {
          json.writeStartArray();
          for (int key = 0; key < weights.keys(); key++) {
            float weight = weights.get(query, key);
            causal &= key <= query || weight == 0;
            json.writeNumber(weight);
          }
          json.writeEndArray();
        }
        json.writeEndArray();
      }
    }
    json.writeEndArray();
    texts(json, "tokens", first.queries().texts());
    json.writeArrayFieldStart("attentionHeadNames");
    for (AttentionMap map : maps) {
      for (int head : options.heads(map)) {
        json.writeString("L" + map.label().layer() + "H" + head);
      }
    }
    json.writeEndArray();
    json.writeNumberField("minValue", 0);
    json.writeNumberField("maxValue", 1);
    json.writeBooleanField("maskUpperTri", causal);
    json.writeEndObject();
  }
}
