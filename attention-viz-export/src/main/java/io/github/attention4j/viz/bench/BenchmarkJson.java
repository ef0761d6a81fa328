package io.github.attention4j.viz.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.attention4j.multimodal.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalDouble;

/// The figures of a benchmark as JSON: bare numbers in seconds, bytes and operations.
public final class BenchmarkJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private BenchmarkJson() {}

  /// Writes a file.
  public static void write(BenchmarkFigures figures, Path file) throws IOException {
    write(of(figures), file);
  }

  static void write(ObjectNode root, Path file) throws IOException {
    byte[] bytes = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    AtomicFile.write(file, channel -> writeAll(channel, bytes));
  }

  static void writeAll(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  static ObjectNode of(BenchmarkFigures figures) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("kind", "attention4j-benchmark");
    root.put("version", 1);
    root.put("start", figures.start().toString());
    root.put("seconds", figures.duration().toNanos() * 1e-9);
    root.put("rounds", figures.pace().rounds());
    root.set("machine", machine(figures.machine()));
    var groups = root.putArray("groups");
    for (Group group : Group.values()) {
      if (!figures.of(group).isEmpty()) {
        ObjectNode node = groups.addObject().put("id", group.id()).put("title", group.title());
        var summary = node.putArray("summary");
        Summary.of(figures.machine(), figures.of(group))
            .forEach(figure ->
                summary.addObject().put("name", figure.name()).put("value", figure.value()));
        var rows = node.putArray("rows");
        figures.of(group).forEach(row -> rows.add(row(row)));
      }
    }
    return root;
  }

  static ObjectNode machine(Machine machine) {
    ObjectNode node = MAPPER.createObjectNode();
    machine.facts().forEach(node::put);
    put(node, "load before", machine.load());
    put(node, "operations per second", machine.operationsPerSecond());
    put(node, "read bytes per second", machine.bytesPerSecond());
    return node;
  }

  private static ObjectNode row(Row row) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("series", row.cell().series());
    node.put("length", row.cell().length());
    Dimensions sizes = row.cell().sizes();
    node.putObject("sizes")
        .put("batch", sizes.batch())
        .put("heads", sizes.heads())
        .put("key heads", sizes.keyHeads())
        .put("queries", sizes.queries())
        .put("keys", sizes.keys())
        .put("size", sizes.size());
    row.cost()
        .ifPresent(cost -> {
          node.put("operations", cost.operations()).put("key and value bytes", cost.bytes());
          cost.live()
              .ifPresent(
                  live -> node.put("live pairs", live.pairs()).put("live tiles", live.tiles()));
        });
    row.peer().ifPresent(peer -> node.put("peer", row.kernel(peer)));
    put(node, "ratio", row.ratio());
    put(node, "largest relative difference", row.disagreement());
    put(node, "extra bytes", row.extraBytes());
    ObjectNode contestants = node.putObject("contestants");
    row.measurements().forEach((name, each) -> contestants.set(name, measurement(each)));
    return node;
  }

  static ObjectNode measurement(Measurement measurement) {
    ObjectNode node = MAPPER.createObjectNode();
    switch (measurement) {
      case Measurement.Timed(Samples samples, double first, double allocated, String kernel) -> {
        if (!kernel.isEmpty()) {
          node.put("kernel", kernel);
        }
        node.put("median seconds", samples.median());
        node.put("first run seconds", first);
        node.put("heap bytes per run", allocated);
        var rounds = node.putArray("round seconds");
        samples.seconds().forEach(rounds::add);
      }
      case Measurement.Refused(String reason) -> node.put("refused", reason);
      case Measurement.Failed(String reason) -> node.put("failed", reason);
    }
    return node;
  }

  static void put(ObjectNode node, String name, OptionalDouble value) {
    value.ifPresent(each -> node.put(name, each));
  }
}
