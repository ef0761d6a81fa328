package io.github.attention4j.viz.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An analysis as a file: all sums, so that it can be continued and merged.
///
/// JSON: `format`, `version`, `source` (texts that say what was analysed), `texts` (how many), and
/// `heads`, each `{kind, layer, head, rows, entropy, distance, confidence, roles, offsets,
/// largest}` with sums, not means. Numbers are written so that they come back bit by bit.
///
/// @param source what was analysed: the model, the file of texts …
/// @param analysis what was found
public record AnalysisFile(Map<String, String> source, HeadAnalysis analysis) {
  private static final String FORMAT = "attention4j-analysis";
  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  public AnalysisFile {
    source = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(source));
  }

  /// Writes the file, whole or not at all.
  public void write(Path file) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("format", FORMAT).put("version", VERSION);
    ObjectNode about = root.putObject("source");
    source.forEach(about::put);
    root.put("texts", analysis.texts());
    ArrayNode heads = root.putArray("heads");
    analysis.heads().forEach((head, tally) -> write(head, tally, heads.addObject()));
    byte[] bytes = JSON.writeValueAsBytes(root);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer left = ByteBuffer.wrap(bytes);
          while (left.hasRemaining()) {
            channel.write(left);
          }
        });
  }

  private static void write(HeadId head, HeadTally tally, ObjectNode node) {
    node.put("kind", head.label().kind().text())
        .put("layer", head.label().layer())
        .put("head", head.head())
        .put("rows", tally.rows)
        .put("entropy", tally.entropy)
        .put("distance", tally.distance)
        .put("confidence", tally.confidence);
    ObjectNode roles = node.putObject("roles");
    tally.roles.forEach((role, sums) -> {
      ObjectNode entry = write(sums, roles.putObject(role.name()));
      ArrayNode cells = entry.putArray("cells");
      for (Cell cell : tally.cells.getOrDefault(role, List.of())) {
        cells
            .addObject()
            .put("text", cell.text())
            .put("query", cell.query())
            .put("key", cell.key())
            .put("queryToken", cell.queryToken())
            .put("keyToken", cell.keyToken())
            .put("weight", cell.weight());
      }
    });
    ObjectNode offsets = node.putObject("offsets");
    tally.offsets.forEach(
        (offset, sums) -> write(sums, offsets.putObject(Integer.toString(offset))));
    ArrayNode largest = node.putArray("largest");
    tally.offsetCells.values().forEach(cell -> write(cell, largest.addObject()));
  }

  private static void write(Cell cell, ObjectNode node) {
    node.put("text", cell.text())
        .put("query", cell.query())
        .put("key", cell.key())
        .put("queryToken", cell.queryToken())
        .put("keyToken", cell.keyToken())
        .put("weight", cell.weight());
  }

  private static Cell cell(JsonNode node) {
    return new Cell(
        node.path("text").asLong(),
        node.path("query").asInt(),
        node.path("key").asInt(),
        node.path("queryToken").asText(),
        node.path("keyToken").asText(),
        node.path("weight").asDouble());
  }

  private static ObjectNode write(Tally sums, ObjectNode node) {
    return node.put("rows", sums.rows())
        .put("score", sums.score())
        .put("baseline", sums.baseline())
        .put("squares", sums.squares());
  }

  /// Reads a file.
  ///
  /// @throws IllegalArgumentException if it is no analysis of this version; names the file
  public static AnalysisFile read(Path file) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
      throw new IllegalArgumentException(
          file + ": expected an analysis: " + malformed.getOriginalMessage(), malformed);
    }
    if (!root.path("format").asText().equals(FORMAT)
        || root.path("version").asInt() != VERSION
        || !root.path("heads").isArray()) {
      throw new IllegalArgumentException(
          file + ": expected an " + FORMAT + " of version " + VERSION);
    }
    Map<String, String> source = new LinkedHashMap<>();
    root.path("source")
        .properties()
        .forEach(entry -> source.put(entry.getKey(), entry.getValue().asText()));
    Map<HeadId, HeadTally> heads = new LinkedHashMap<>();
    for (JsonNode node : root.path("heads")) {
      String kind = node.path("kind").asText();
      MapLabel label =
          new MapLabel(
              Arrays.stream(MapLabel.Kind.values())
                  .filter(each -> each.text().equals(kind))
                  .findFirst()
                  .orElseThrow(() ->
                      new IllegalArgumentException(
                          file + ": kind of a head: '" + kind + "' is unknown")),
              node.path("layer").asInt());
      heads.put(new HeadId(label, node.path("head").asInt()), tally(file, node));
    }
    return new AnalysisFile(source, HeadAnalysis.of(heads, root.path("texts").asLong()));
  }

  private static HeadTally tally(Path file, JsonNode node) {
    HeadTally tally = new HeadTally();
    tally.rows = node.path("rows").asLong();
    tally.entropy = node.path("entropy").asDouble();
    tally.distance = node.path("distance").asDouble();
    tally.confidence = node.path("confidence").asDouble();
    node.path("roles")
        .properties()
        .forEach(entry -> {
          Role role = role(file, entry.getKey());
          tally.roles.put(role, sums(entry.getValue()));
          List<Cell> cells = new ArrayList<>();
          for (JsonNode cell : entry.getValue().path("cells")) {
            cells.add(
                new Cell(
                    cell.path("text").asLong(),
                    cell.path("query").asInt(),
                    cell.path("key").asInt(),
                    cell.path("queryToken").asText(),
                    cell.path("keyToken").asText(),
                    cell.path("weight").asDouble()));
          }
          tally.cells.put(role, cells);
        });
    node.path("offsets")
        .properties()
        .forEach(
            entry -> tally.offsets.put(Integer.valueOf(entry.getKey()), sums(entry.getValue())));
    for (JsonNode cell : node.path("largest")) {
      tally.addLargest(cell(cell));
    }
    return tally;
  }

  private static Role role(Path file, String name) {
    return Arrays.stream(Role.values())
        .filter(role -> role.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(file + ": role '" + name + "' is unknown"));
  }

  private static Tally sums(JsonNode node) {
    return new Tally(
        node.path("rows").asLong(),
        node.path("score").asDouble(),
        node.path("baseline").asDouble(),
        node.path("squares").asDouble());
  }
}
