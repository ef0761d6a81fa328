package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.HeadWeights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What Tensor2Tensor's attention visualisation reads.
///
/// `all`, `inp_inp`, `inp_out` and `out_out`, each `{att, top_text, bot_text}` with
/// `att[layer][head][bottom][top]`: the bottom is the query, the top the memory. `all` lays input
/// and output behind each other on both sides. A model of one stack has `all` and `inp_inp` only.
final class TensorToTensor extends JsonFormat {
  @Override
  public String id() {
    return "tensor2tensor";
  }

  @Override
  public String description() {
    return "Tensor2Tensor: all, inp_inp, inp_out, out_out; att[layer][head][query = bottom][key = top]";
  }

  @Override
  void write(AttentionTrace trace, FormatOptions options, JsonGenerator json) throws IOException {
    List<AttentionMap> maps = options.maps(trace);
    List<AttentionMap> cross = of(maps, Kind.CROSS);
    json.writeStartObject();
    if (cross.isEmpty()) {
      BertViz.Stack stack = BertViz.stacks(maps).getFirst();
      if (!stack.queries().equals(stack.keys()) || stack.maps().size() != maps.size()) {
        throw new IllegalArgumentException(
            "trace: expected encoder, decoder and cross maps, or one stack over one sequence");
      }
      part(json, options, "all", maps);
      part(json, options, "inp_inp", maps);
    } else {
      List<AttentionMap> encoder = of(maps, Kind.ENCODER);
      List<AttentionMap> decoder = of(maps, Kind.DECODER);
      check(encoder, decoder, cross);
      Labels input = encoder.getFirst().keys();
      Labels output = decoder.getFirst().keys();
      List<String> both = new ArrayList<>(input.texts());
      both.addAll(output.texts());
      json.writeObjectFieldStart("all");
      json.writeArrayFieldStart("att");
      for (int layer = 0; layer < encoder.size(); layer++) {
        whole(json, options, encoder.get(layer), decoder.get(layer), cross.get(layer));
      }
      json.writeEndArray();
      texts(json, "top_text", both);
      texts(json, "bot_text", both);
      json.writeEndObject();
      part(json, options, "inp_inp", encoder);
      part(json, options, "inp_out", cross);
      part(json, options, "out_out", decoder);
    }
    json.writeEndObject();
  }

  private static List<AttentionMap> of(List<AttentionMap> maps, Kind kind) {
    return maps.stream().filter(map -> map.label().kind() == kind).toList();
  }

  private static void check(
      List<AttentionMap> encoder, List<AttentionMap> decoder, List<AttentionMap> cross) {
    boolean same =
        !encoder.isEmpty() && encoder.size() == decoder.size() && encoder.size() == cross.size();
    for (int layer = 0; same && layer < cross.size(); layer++) {
      same =
          cross.get(layer).heads() == encoder.get(layer).heads()
              && cross.get(layer).heads() == decoder.get(layer).heads()
              && cross.get(layer).keys().size() == encoder.get(layer).keys().size()
              && cross.get(layer).queries().size() == decoder.get(layer).queries().size();
    }
    if (!same) {
      throw new IllegalArgumentException(
          "trace: expected as many encoder as decoder and cross layers, with equal heads over the"
              + " same tokens, got "
              + encoder.size()
              + ", "
              + decoder.size()
              + " and "
              + cross.size()
              + " layers");
    }
  }

  private static void part(
      JsonGenerator json, FormatOptions options, String name, List<AttentionMap> maps)
      throws IOException {
    Labels queries = maps.getFirst().queries();
    Labels keys = maps.getFirst().keys();
    json.writeObjectFieldStart(name);
    json.writeArrayFieldStart("att");
    for (AttentionMap map : maps) {
      heads(json, map, options, Span.of(queries), Span.of(keys));
    }
    json.writeEndArray();
    texts(json, "top_text", keys.texts());
    texts(json, "bot_text", queries.texts());
    json.writeEndObject();
  }

  /// Input rows look at the input only; output rows at the input through cross-attention, and at
  /// the output.
  private static void whole(
      JsonGenerator json,
      FormatOptions options,
      AttentionMap encoder,
      AttentionMap decoder,
      AttentionMap cross)
      throws IOException {
    json.writeStartArray();
    for (int head : options.heads(cross)) {
      json.writeStartArray();
      rows(json, List.of(HeadWeights.of(encoder, head)), decoder.keys().size());
      rows(json, List.of(HeadWeights.of(cross, head), HeadWeights.of(decoder, head)), 0);
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private static void rows(JsonGenerator json, List<HeadWeights> parts, int zeros)
      throws IOException {
    for (int query = 0; query < parts.getFirst().queries(); query++) {
      json.writeStartArray();
      for (HeadWeights part : parts) {
        for (int key = 0; key < part.keys(); key++) {
          json.writeNumber(part.get(query, key));
        }
      }
      for (int key = 0; key < zeros; key++) {
        json.writeNumber(0);
      }
      json.writeEndArray();
    }
  }
}
