package io.github.attention4j.viz.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/// A comparison as JSON: bare numbers in seconds and bytes.
public final class ComparisonJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ComparisonJson() {}

  /// Writes a file.
  public static void write(ComparisonFigures figures, Path file) throws IOException {
    BenchmarkJson.write(of(figures), file);
  }

  static ObjectNode of(ComparisonFigures figures) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("kind", "attention4j-comparison");
    root.put("version", 1);
    root.put("start", figures.start().toString());
    root.put("seconds", figures.duration().toNanos() * 1e-9);
    root.put("provider", figures.provider());
    root.put("rounds", figures.pace().rounds());
    root.putObject("sizes").put("batch", 1).put("heads", Sequence.HEADS).put("size", Sequence.SIZE);
    root.set("machine", BenchmarkJson.machine(figures.machine()));
    var mechanisms = root.putArray("mechanisms");
    for (Trajectory each : figures.trajectories()) {
      ObjectNode node = mechanisms.addObject();
      node.put("name", each.name()).put("family", each.family().name().toLowerCase(Locale.ROOT));
      BenchmarkJson.put(node, "time exponent", each.timeExponent());
      each.end().ifPresent(end -> node.put("end", end));
      var points = node.putArray("points");
      for (Trajectory.Point point : each.points()) {
        ObjectNode one = points.addObject();
        one.put("length", point.length());
        one.setAll(BenchmarkJson.measurement(point.timed()));
        BenchmarkJson.put(one, "memory bytes", point.memoryBytes());
        BenchmarkJson.put(one, "error", point.error());
      }
    }
    return root;
  }
}
