package io.github.attention4j.viz.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TraceFileTests {
  @TempDir Path folder;

  @Test
  void aTraceSurvivesTheRoundTrip() throws IOException {
    Labels tokens = Labels.tokens(List.of("\"", "é\n", "<eos>"));
    Labels regions =
        new Labels(
            Labels.Kind.REGION,
            List.of("a", "b"),
            List.of(List.of(0.0, 0.25, 0.5, 1.0), List.of(0.1, 0.2, 0.3, 0.4)));
    AttentionTrace trace =
        new AttentionTrace(
            List.of(
                new AttentionMap(
                    "text",
                    new MapLabel(MapLabel.Kind.TEXT, 3),
                    Tensor.of(new float[18], 2, 3, 3),
                    tokens,
                    tokens,
                    "verified: rows sum to 1"),
                new AttentionMap(
                    "cross",
                    new MapLabel(MapLabel.Kind.TEXT_TO_VISION, 0),
                    Tensor.of(new float[] {1, 0, 0.5f, 0.5f, 0, 1}, 1, 3, 2),
                    tokens,
                    regions,
                    "")),
            Map.of("model", "m", "prediction", "→"));
    Path file = folder.resolve("trace.safetensors");
    TraceFile.write(trace, file);
    assertEquals(trace, TraceFile.read(file));
  }

  @Test
  void anotherSafetensorsFileIsRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    SafetensorsWriter.write(file, Map.of("map.0", Tensor.allocate(1, 1, 1)), Map.of());
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> TraceFile.read(file));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("attention4j-trace"), refusal::getMessage);
  }

  @Test
  void brokenMetadataIsNamed() throws IOException {
    Path file = folder.resolve("broken.safetensors");
    Map<String, String> metadata =
        Map.of("format", "attention4j-trace", "version", "1", "labels", "[", "maps", "[]");
    SafetensorsWriter.write(file, Map.of(), metadata);
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> TraceFile.read(file));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("metadata labels"), refusal::getMessage);
  }
}
