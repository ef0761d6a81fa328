package io.github.attention4j.viz.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.attention4j.api.Description;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Reads a request, or a mechanism alone, as JSON: field names are record components, alternatives
 * named by "type".
 */
final class SpecFile {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonParser.Feature.ALLOW_COMMENTS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SpecFile() {}

  /**
   * Reads a file.
   *
   * @param arrays what {@code {"tensor": NAME}} may name
   */
  static Request read(Path file, Map<String, NdArray> arrays) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + ": expected a JSON file, got a folder");
    }
    Object tree;
    try {
      tree = JSON.readValue(Files.readAllBytes(file), Object.class);
    } catch (JsonProcessingException malformed) {
      throw new IllegalArgumentException(
          file
              + ": expected JSON, line "
              + (malformed.getLocation() == null ? 1 : malformed.getLocation().getLineNr())
              + ": "
              + malformed.getOriginalMessage().replaceAll("\\s*\\(start marker.*", ""),
          malformed);
    }
    Description description = new Description(tree, arrays);
    try {
      return tree instanceof Map<?, ?> map && map.containsKey("mechanism")
          ? description.read(Request.class)
          : Request.of(description.read(Mechanism.class));
    } catch (IllegalArgumentException refused) {
      throw new IllegalArgumentException(file + ": " + refused.getMessage(), refused);
    }
  }
}
