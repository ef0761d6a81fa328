package io.github.attention4j.viz.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/// A trace as one safetensors file, readable wherever safetensors is.
///
/// The tensors `map.0`, `map.1` … are the weights, float32 `[heads, queries, keys]`, in the order
/// they ran. The metadata holds `format` (`attention4j-trace`), `version` (`1`) and three JSON
/// texts: `facts`, an object of texts; `labels`, a list of `{"kind", "texts", "places"}`; and
/// `maps`, for each map `{"name", "kind", "layer", "proof", "queries", "keys"}`, where `queries`
/// and `keys` are indices into `labels`. Where norms were computed, `norm.0` … are the lengths ‖α
/// f(x)‖ of the cells of `map.0` …, of the same shape.
public final class TraceFile {
  private static final String FORMAT = "attention4j-trace";
  private static final String VERSION = "1";
  private static final ObjectMapper JSON = new ObjectMapper();

  private TraceFile() {}

  /// Writes a trace; the file appears whole or not at all.
  public static void write(AttentionTrace trace, Path file) throws IOException {
    write(trace, Map.of(), file);
  }

  /// Writes a trace and, beside its maps, other arrays under their own names, such as all results
  /// of a run.
  ///
  /// @throws IllegalArgumentException if one of them has the name of a map
  public static void write(AttentionTrace trace, Map<String, NdArray> others, Path file)
      throws IOException {
    write(trace, List.of(), others, file);
  }

  /// Writes a trace, the norms of some of its maps, and other arrays.
  ///
  /// @param norms of the same label and shape as the map each belongs to
  /// @throws IllegalArgumentException if one of them has the name of a map, or norms belong to none
  public static void write(
      AttentionTrace trace, List<AttentionMap> norms, Map<String, NdArray> others, Path file)
      throws IOException {
    List<Labels> labels =
        List.copyOf(
            trace.maps().stream()
                .collect(
                    LinkedHashSet<Labels>::new,
                    (all, map) -> {
                      all.add(map.queries());
                      all.add(map.keys());
                    },
                    LinkedHashSet::addAll));
    Map<String, NdArray> arrays = new LinkedHashMap<>(others);
    ArrayNode maps = JSON.createArrayNode();
    for (AttentionMap map : trace.maps()) {
      if (arrays.put(tensor(maps.size()), map.weights()) != null) {
        throw new IllegalArgumentException(
            "others: expected no array of the name of a map, got " + tensor(maps.size()));
      }
      maps.addObject()
          .put("name", map.name())
          .put("kind", map.label().kind().text())
          .put("layer", map.label().layer())
          .put("proof", map.proof())
          .put("queries", labels.indexOf(map.queries()))
          .put("keys", labels.indexOf(map.keys()));
    }
    for (AttentionMap norm : norms) {
      arrays.put(norm(owner(trace, norm)), norm.weights());
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("version", VERSION);
    metadata.put("facts", JSON.writeValueAsString(trace.facts()));
    metadata.put("labels", JSON.writeValueAsString(json(labels)));
    metadata.put("maps", JSON.writeValueAsString(maps));
    SafetensorsWriter.write(file, arrays, metadata);
  }

  private static ArrayNode json(List<Labels> all) {
    ArrayNode array = JSON.createArrayNode();
    for (Labels labels : all) {
      ObjectNode node = array.addObject().put("kind", labels.kind().name());
      labels.texts().forEach(node.putArray("texts")::add);
      ArrayNode places = node.putArray("places");
      labels.places().forEach(place -> place.forEach(places.addArray()::add));
    }
    return array;
  }

  /// Reads a trace.
  ///
  /// @throws IllegalArgumentException if the file is no trace of this version, or malformed; names
  ///   the file and the place
  public static AttentionTrace read(Path file) throws IOException {
    Safetensors tensors = Safetensors.open(file);
    Map<String, String> metadata = tensors.metadata();
    require(file, "format", FORMAT, metadata.getOrDefault("format", "nothing"));
    require(file, "version", VERSION, metadata.getOrDefault("version", "nothing"));
    List<Labels> labels = new ArrayList<>();
    for (JsonNode node : part(file, metadata, "labels")) {
      labels.add(labels(file, node));
    }
    List<AttentionMap> maps = new ArrayList<>();
    for (JsonNode node : part(file, metadata, "maps")) {
      maps.add(
          new AttentionMap(
              node.path("name").asText(),
              new MapLabel(kind(file, node.path("kind").asText()), node.path("layer").asInt()),
              tensors.tensor(tensor(maps.size())),
              labels(file, labels, node.path("queries")),
              labels(file, labels, node.path("keys")),
              node.path("proof").asText()));
    }
    Map<String, String> facts = new LinkedHashMap<>();
    part(file, metadata, "facts")
        .properties()
        .forEach(fact -> facts.put(fact.getKey(), fact.getValue().asText()));
    return new AttentionTrace(maps, facts);
  }

  /** Which map of the trace norms belong to. */
  private static int owner(AttentionTrace trace, AttentionMap norm) {
    for (int i = 0; i < trace.maps().size(); i++) {
      AttentionMap map = trace.maps().get(i);
      if (map.label().equals(norm.label())
          && map.weights().shape().equals(norm.weights().shape())) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "norms: expected the label and shape of a map, got "
            + norm.label()
            + " "
            + norm.weights().describe());
  }

  /// The norms that a trace file holds, labelled as their maps; none if it holds none.
  ///
  /// @param trace as read from the file
  public static List<AttentionMap> norms(Path file, AttentionTrace trace) throws IOException {
    Safetensors tensors = Safetensors.open(file);
    List<AttentionMap> norms = new ArrayList<>();
    for (int i = 0; i < trace.maps().size(); i++) {
      if (tensors.has(norm(i))) {
        AttentionMap map = trace.maps().get(i);
        norms.add(
            new AttentionMap(
                map.name(),
                map.label(),
                tensors.tensor(norm(i)),
                map.queries(),
                map.keys(),
                map.proof()));
      }
    }
    return norms;
  }

  private static String norm(int index) {
    return "norm." + index;
  }

  private static String tensor(int index) {
    return "map." + index;
  }

  private static void require(Path file, String what, String expected, String actual) {
    if (!expected.equals(actual)) {
      throw new IllegalArgumentException(
          file + ": " + what + ": expected " + expected + ", got " + actual);
    }
  }

  private static JsonNode part(Path file, Map<String, String> metadata, String name) {
    String text = metadata.getOrDefault(name, "");
    try {
      JsonNode node = JSON.readTree(text);
      if (node.isContainerNode()) {
        return node;
      }
    } catch (JsonProcessingException malformed) {
      throw new IllegalArgumentException(
          file + ": metadata " + name + ": expected JSON: " + malformed.getOriginalMessage(),
          malformed);
    }
    throw new IllegalArgumentException(
        file + ": metadata " + name + ": expected a JSON list or object, got '" + text + "'");
  }

  private static Labels labels(Path file, JsonNode node) {
    List<String> texts = new ArrayList<>();
    node.path("texts").forEach(text -> texts.add(text.asText()));
    List<List<Double>> places = new ArrayList<>();
    for (JsonNode place : node.path("places")) {
      List<Double> numbers = new ArrayList<>();
      place.forEach(number -> numbers.add(number.asDouble()));
      places.add(numbers);
    }
    String kind = node.path("kind").asText();
    for (Labels.Kind each : Labels.Kind.values()) {
      if (each.name().equals(kind)) {
        return new Labels(each, texts, places);
      }
    }
    throw new IllegalArgumentException(file + ": kind of labels: '" + kind + "' is unknown");
  }

  private static Labels labels(Path file, List<Labels> all, JsonNode index) {
    if (!index.canConvertToInt() || index.asInt() < 0 || index.asInt() >= all.size()) {
      throw new IllegalArgumentException(
          file + ": metadata maps: expected an index below " + all.size() + ", got " + index);
    }
    return all.get(index.asInt());
  }

  private static MapLabel.Kind kind(Path file, String text) {
    for (MapLabel.Kind kind : MapLabel.Kind.values()) {
      if (kind.text().equals(text)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(file + ": kind of map: '" + text + "' is unknown");
  }
}
