package io.github.attention4j.viz.conform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.multimodal.checkpoint.Dtype;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Reads golden cases: folders with `case.json` and `data.safetensors`.
public final class GoldenCases {
  private static final String DESCRIPTION = "case.json";
  private static final String DATA = "data.safetensors";
  private static final String PREFIX = "expected.";
  private static final ObjectMapper JSON = new ObjectMapper();

  private GoldenCases() {}

  /// The folders of all cases in a folder, by name; the folder itself if it is a case.
  ///
  /// @throws IllegalArgumentException if there is none
  public static List<Path> find(Path folder) throws IOException {
    if (isCase(folder)) {
      return List.of(folder);
    }
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException("cases: expected a folder, got " + folder);
    }
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> cases = entries.filter(GoldenCases::isCase).sorted().toList();
      if (cases.isEmpty()) {
        throw new IllegalArgumentException(
            "cases: expected folders with a " + DESCRIPTION + " in " + folder + ", found none");
      }
      return cases;
    }
  }

  private static boolean isCase(Path folder) {
    return Files.isRegularFile(folder.resolve(DESCRIPTION));
  }

  /// Reads one case.
  ///
  /// @throws IllegalArgumentException if a file of it is malformed; names the file
  public static GoldenCase read(Path folder) throws IOException {
    Path file = folder.resolve(DESCRIPTION);
    JsonNode description;
    try {
      description = JSON.readTree(file.toFile());
    } catch (JsonProcessingException malformed) {
      throw new IllegalArgumentException(
          file + ": expected JSON: " + malformed.getOriginalMessage(), malformed);
    }
    if (!description.path("mechanism").isTextual()) {
      throw new IllegalArgumentException(
          file + ": mechanism: expected a text, got " + shown(description.path("mechanism")));
    }
    Safetensors data = Safetensors.open(folder.resolve(DATA));
    Map<String, NdArray> inputs = new LinkedHashMap<>();
    Map<String, Expected> expected = new LinkedHashMap<>();
    for (String name : data.names()) {
      if (name.startsWith(PREFIX)) {
        expected.put(name.substring(PREFIX.length()), expected(data, name));
      } else {
        inputs.put(name, data.get(name));
      }
    }
    JsonNode tolerance = description.path("tolerance_hint").path("f32");
    if (!tolerance.isNumber()) {
      throw new IllegalArgumentException(
          file + ": tolerance_hint.f32: expected a number, got " + shown(tolerance));
    }
    return new GoldenCase(
        name(folder),
        description.path("mechanism").asText(),
        object(file, description, "params"),
        object(file, description, "masks"),
        inputs,
        expected,
        tolerance.doubleValue(),
        description.path("optional").asBoolean(false));
  }

  /// The name of the case in a folder.
  static String name(Path folder) {
    return folder.toAbsolutePath().normalize().getFileName().toString();
  }

  private static JsonNode object(Path file, JsonNode description, String field) {
    JsonNode value = description.path(field);
    if (!value.isObject() && !value.isMissingNode() && !value.isNull()) {
      throw new IllegalArgumentException(
          file + ": " + field + ": expected an object, got " + value);
    }
    return value;
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "nothing" : value.toString();
  }

  private static Expected expected(Safetensors data, String name) {
    Safetensors.Entry entry = data.entry(name);
    if (entry.dtype().kind() == Dtype.Kind.FLOAT) {
      return new Expected(entry.shape(), data.doubles(name), false);
    }
    NdArray array = data.get(name);
    double[] values = new double[Math.toIntExact(entry.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = Comparison.value(array, i);
    }
    return new Expected(entry.shape(), values, true);
  }
}
