package io.github.attention4j.viz.report;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.Cell;
import io.github.attention4j.viz.analysis.ClassicalScaling;
import io.github.attention4j.viz.analysis.HeadClusters;
import io.github.attention4j.viz.analysis.HeadDistances;
import io.github.attention4j.viz.analysis.HeadId;
import io.github.attention4j.viz.analysis.HeadTally;
import io.github.attention4j.viz.analysis.HeadWeights;
import io.github.attention4j.viz.analysis.RoleScore;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What the page knows besides the weights, as JSON that no HTML parser mistakes for anything else.
final class ReportJson {
  private final Report report;
  private final List<ReportMap> maps;
  private final Map<Labels, Integer> labels = new LinkedHashMap<>();
  private final Map<HeadId, Integer> mapOfHead = new HashMap<>();

  ReportJson(Report report, List<ReportMap> maps) {
    this.report = report;
    this.maps = maps;
    for (int i = 0; i < maps.size(); i++) {
      AttentionMap map = maps.get(i).map();
      labels.putIfAbsent(map.queries(), labels.size());
      labels.putIfAbsent(map.keys(), labels.size());
      for (int head = 0; maps.get(i).derived().isEmpty() && head < map.heads(); head++) {
        mapOfHead.putIfAbsent(new HeadId(map.label(), head), i);
      }
    }
  }

  void write(OutputStream out) throws IOException {
    try (JsonGenerator json = EscapedJson.generator(out)) {
      json.writeStartObject();
      json.writeObjectFieldStart("facts");
      for (Map.Entry<String, String> fact : report.trace.facts().entrySet()) {
        json.writeStringField(fact.getKey(), fact.getValue());
      }
      json.writeEndObject();
      json.writeNumberField("error", largestError());
      if (report.spectrogram.isPresent()) {
        json.writeNumberField("seconds", report.spectrogram.get().seconds());
      }
      writeLabels(json);
      writeMaps(json);
      writeRoles(json);
      writeHeadMaps(json);
      json.writeEndObject();
    }
  }

  private double largestError() {
    return maps.stream()
        .filter(map -> !map.derived().equals(Optional.of(ReportMap.NORMS)))
        .flatMap(map -> map.heads().stream())
        .mapToDouble(Quantised::error)
        .max()
        .orElse(0);
  }

  private void writeLabels(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("labels");
    for (Labels side : labels.keySet()) {
      json.writeStartObject();
      json.writeStringField("kind", side.kind().name().toLowerCase(Locale.ROOT));
      if (holdsPair(side)) {
        json.writeNumberField("pairStart", pairStart());
      }
      json.writeArrayFieldStart("texts");
      for (String text : side.texts()) {
        json.writeString(text);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("places");
      for (List<Double> place : side.places()) {
        double[] numbers = place.stream().mapToDouble(Double::doubleValue).toArray();
        json.writeArray(numbers, 0, numbers.length);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Where the second text of a pair begins, as 'explain --pair' notes it; -1 without a pair. */
  private int pairStart() {
    String noted = report.trace.facts().getOrDefault("pair_start", "");
    return noted.matches("\\d{1,9}") ? Integer.parseInt(noted) : -1;
  }

  /** Both texts of a pair are read by whatever is not a decoder's own sequence. */
  private boolean holdsPair(Labels side) {
    return side.kind() == Labels.Kind.TOKEN
        && pairStart() > 0
        && pairStart() < side.size()
        && report.trace.maps().stream()
            .anyMatch(
                map -> map.keys().equals(side) && map.label().kind() != MapLabel.Kind.DECODER);
  }

  private void writeMaps(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("maps");
    for (ReportMap entry : maps) {
      AttentionMap map = entry.map();
      json.writeStartObject();
      json.writeStringField("name", map.name());
      json.writeStringField("kind", map.label().kind().text());
      json.writeNumberField("layer", map.label().layer());
      if (entry.derived().isPresent()) {
        if (entry.derived().get().equals(ReportMap.NORMS)) {
          json.writeBooleanField("norm", true);
        } else {
          json.writeStringField("derived", entry.derived().get());
        }
      }
      json.writeNumberField("heads", map.heads());
      json.writeNumberField("queries", index(map.queries()));
      json.writeNumberField("keys", index(map.keys()));
      json.writeStringField("proof", proof(entry));
      List<Quantised> heads = entry.heads();
      writeNumbers(json, "max", heads.stream().mapToDouble(Quantised::max).toArray());
      writeNumbers(json, "errors", heads.stream().mapToDouble(Quantised::error).toArray());
      if (entry.derived().isEmpty()) {
        writeSummaries(json, map);
      }
      int[] steps = heads.stream().mapToInt(Quantised::steps).toArray();
      json.writeFieldName("steps");
      json.writeArray(steps, 0, steps.length);
      writeThumbnails(json, map, heads);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static String proof(ReportMap entry) {
    String proof = entry.map().proof();
    return proof.isEmpty() && entry.derived().isEmpty() ? RowSums.check(entry.map()) : proof;
  }

  private void writeSummaries(JsonGenerator json, AttentionMap map) throws IOException {
    Map<HeadId, HeadTally> tallies = report.analysis.heads();
    json.writeArrayFieldStart("summaries");
    for (int head = 0; head < map.heads(); head++) {
      HeadTally tally = tallies.get(new HeadId(map.label(), head));
      if (tally != null) {
        json.writeArray(new double[] {tally.entropy(), tally.distance(), tally.confidence()}, 0, 3);
      }
    }
    json.writeEndArray();
  }

  private int index(Labels side) {
    Integer index = labels.get(side);
    if (index == null) {
      throw new IllegalStateException("labels were not collected");
    }
    return index;
  }

  private static void writeThumbnails(JsonGenerator json, AttentionMap map, List<Quantised> heads)
      throws IOException {
    Thumbnails side = Thumbnails.of(map.queries().size(), map.keys().size());
    byte[] pixels = new byte[heads.size() * side.rows() * side.columns()];
    for (int head = 0; head < heads.size(); head++) {
      side.draw(
          HeadWeights.of(map, head),
          heads.get(head).max(),
          pixels,
          head * side.rows() * side.columns());
    }
    json.writeObjectFieldStart("thumbnailSide");
    json.writeNumberField("rows", side.rows());
    json.writeNumberField("columns", side.columns());
    json.writeEndObject();
    json.writeStringField("thumbnails", ReportPage.packed(pixels));
  }

  private void writeRoles(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("roles");
    for (RoleScore score : report.analysis.scores()) {
      json.writeStartObject();
      json.writeNumberField("map", mapOfHead.getOrDefault(score.head(), 0));
      json.writeStringField("kind", score.head().label().kind().text());
      json.writeNumberField("layer", score.head().label().layer());
      json.writeNumberField("head", score.head().head());
      json.writeStringField("role", score.role().text());
      json.writeStringField("detail", score.detail());
      json.writeNumberField("score", score.score());
      json.writeNumberField("baseline", score.baseline());
      json.writeNumberField("surprise", score.surprise());
      json.writeNumberField("rows", score.tally().rows());
      json.writeBooleanField("small", score.small());
      json.writeBooleanField("above", score.aboveBaseline());
      json.writeArrayFieldStart("cells");
      for (Cell cell : score.cells()) {
        json.writeArray(new double[] {cell.query(), cell.key(), cell.weight()}, 0, 3);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void writeHeadMaps(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("headMaps");
    Map<String, AttentionMap> kinds = new LinkedHashMap<>();
    for (AttentionMap map : report.trace.maps()) {
      kinds.putIfAbsent(map.label().kind().text(), map);
    }
    for (AttentionMap first : kinds.values()) {
      HeadDistances distances = HeadDistances.of(report.trace, first);
      if (distances.heads().size() >= 3) {
        writeHeadMap(json, first.label().kind().text(), distances);
      }
    }
    json.writeEndArray();
  }

  private void writeHeadMap(JsonGenerator json, String kind, HeadDistances distances)
      throws IOException {
    List<HeadId> heads = distances.heads();
    json.writeStartObject();
    json.writeStringField("kind", kind);
    json.writeNumberField("rows", distances.rows());
    json.writeNumberField("ofRows", distances.ofRows());
    json.writeArrayFieldStart("heads");
    for (HeadId head : heads) {
      json.writeArray(new int[] {mapOfHead.getOrDefault(head, 0), head.head()}, 0, 2);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("points");
    for (double[] point : ClassicalScaling.plane(distances.matrix())) {
      json.writeArray(point, 0, 2);
    }
    json.writeEndArray();
    int[] clusters =
        HeadClusters.of(distances.matrix(), HeadClusters.naturalCut(distances.matrix()));
    json.writeFieldName("clusters");
    json.writeArray(clusters, 0, clusters.length);
    json.writeArrayFieldStart("redundant");
    for (HeadDistances.Pair pair : distances.redundant()) {
      json.writeArray(
          new double[] {heads.indexOf(pair.first()), heads.indexOf(pair.second()), pair.distance()},
          0,
          3);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeNumbers(JsonGenerator json, String name, double[] numbers)
      throws IOException {
    json.writeFieldName(name);
    json.writeArray(numbers, 0, numbers.length);
  }
}
