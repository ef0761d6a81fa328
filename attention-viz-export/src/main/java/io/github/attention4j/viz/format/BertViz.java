package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// The parameters of BertViz' `head_view` and `model_view` (Vig 2019, arXiv:1906.05714).
///
/// `attention` is a list of `{name, attn, left_text, right_text}` with
/// `attn[layer][head][query][key]`; queries stand left. A single stack has the name null, or for a
/// pair of sentences five entries: All, A -> A, B -> B, A -> B, B -> A. Other models have one entry
/// per kind: Encoder, Decoder, Cross …
final class BertViz extends JsonFormat {
  private final boolean modelView;

  BertViz(boolean modelView) {
    this.modelView = modelView;
  }

  @Override
  public String id() {
    return modelView ? "bertviz-model" : "bertviz-head";
  }

  @Override
  public String description() {
    return "parameters of BertViz "
        + (modelView ? "model_view" : "head_view")
        + ": attention[].attn[layer][head][query][key]";
  }

  @Override
  void write(AttentionTrace trace, FormatOptions options, JsonGenerator json) throws IOException {
    List<Stack> stacks = stacks(options.maps(trace));
    Stack first = stacks.getFirst();
    json.writeStartObject();
    json.writeArrayFieldStart("attention");
    for (Stack stack : stacks) {
      Span queries = Span.of(stack.queries());
      Span keys = Span.of(stack.keys());
      Optional<Integer> second = second(trace, options, stack);
      if (stacks.size() > 1 || second.isEmpty()) {
        entry(json, options, stack, stacks.size() > 1 ? stack.name() : null, queries, keys);
      } else {
        Span a = new Span(0, second.get());
        Span b = new Span(second.get(), queries.to());
        entry(json, options, stack, "All", queries, keys);
        entry(json, options, stack, "Sentence A -> Sentence A", a, a);
        entry(json, options, stack, "Sentence B -> Sentence B", b, b);
        entry(json, options, stack, "Sentence A -> Sentence B", a, b);
        entry(json, options, stack, "Sentence B -> Sentence A", b, a);
      }
    }
    json.writeEndArray();
    json.writeStringField("default_filter", "0");
    json.writeStringField("root_div_id", "bertviz");
    numbers(json, "include_layers", first.layers());
    if (modelView) {
      json.writeStringField("display_mode", "dark");
      numbers(json, "include_heads", options.heads(first.maps().getFirst()));
      json.writeNumberField("total_heads", first.maps().getFirst().heads());
    } else {
      json.writeNullField("layer");
      json.writeNullField("heads");
    }
    json.writeEndObject();
  }

  private static void entry(
      JsonGenerator json,
      FormatOptions options,
      Stack stack,
      @org.jspecify.annotations.Nullable String name,
      Span queries,
      Span keys)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeArrayFieldStart("attn");
    for (AttentionMap map : stack.maps()) {
      heads(json, map, options, queries, keys);
    }
    json.writeEndArray();
    texts(json, "left_text", queries.texts(stack.queries()));
    texts(json, "right_text", keys.texts(stack.keys()));
    json.writeEndObject();
  }

  private static void numbers(JsonGenerator json, String name, int[] numbers) throws IOException {
    json.writeFieldName(name);
    json.writeArray(numbers, 0, numbers.length);
  }

  /// Where the second sentence begins; only over one sequence, and only if both have tokens.
  private static Optional<Integer> second(
      AttentionTrace trace, FormatOptions options, Stack stack) {
    if (!stack.queries().equals(stack.keys())) {
      return Optional.empty();
    }
    int length = stack.queries().size();
    if (options.pairStart().isPresent()) {
      int start = options.pairStart().get();
      if (start < 1 || start >= length) {
        throw new IllegalArgumentException(
            "pairStart: expected 1 to " + (length - 1) + ", got " + start);
      }
      return options.pairStart();
    }
    if (!trace.facts().containsKey("pair")) {
      return Optional.empty();
    }
    return IntStream.range(1, length)
        .filter(i -> SEPARATORS.contains(stack.queries().texts().get(i - 1)))
        .boxed()
        .findFirst();
  }

  private static final List<String> SEPARATORS = List.of("[SEP]", "</s>", "<sep>");

  /// The layers of one kind over the same labels.
  record Stack(MapLabel.Kind kind, List<AttentionMap> maps) {
    Labels queries() {
      return maps.getFirst().queries();
    }

    Labels keys() {
      return maps.getFirst().keys();
    }

    int[] layers() {
      return maps.stream().mapToInt(map -> map.label().layer()).toArray();
    }

    String name() {
      String text = kind.text().replace('_', ' ');
      return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
  }

  /// Maps by kind and labels, in the order they ran.
  static List<Stack> stacks(List<AttentionMap> maps) {
    record Place(MapLabel.Kind kind, Labels queries, Labels keys) {}
    Map<Place, List<AttentionMap>> byPlace = new LinkedHashMap<>();
    for (AttentionMap map : maps) {
      byPlace
          .computeIfAbsent(
              new Place(map.label().kind(), map.queries(), map.keys()),
              ignored -> new ArrayList<>())
          .add(map);
    }
    return byPlace.entrySet().stream()
        .map(entry -> new Stack(entry.getKey().kind(), entry.getValue()))
        .toList();
  }
}
