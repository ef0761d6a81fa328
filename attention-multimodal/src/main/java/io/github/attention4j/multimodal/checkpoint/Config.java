package io.github.attention4j.multimodal.checkpoint;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A JSON object of settings, such as `config.json`. A field that is `null` counts as absent.
///
/// Every getter refuses a field of another kind with an [IllegalArgumentException] that names the
/// file, the field, what was expected and what came.
public final class Config {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String source;
  private final JsonNode node;

  private Config(String source, JsonNode node) {
    this.source = source;
    this.node = node;
  }

  /// Parses the bytes of a file.
  ///
  /// @param source what to call it in messages
  /// @throws IllegalArgumentException if it is not a JSON object
  public static Config parse(String source, byte[] json) {
    JsonNode node = tree(source, json);
    if (!node.isObject()) {
      throw new IllegalArgumentException(source + ": expected a JSON object, got " + kind(node));
    }
    return new Config(source, node);
  }

  /// Without any field.
  public static Config empty() {
    return parse("{}", "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /// Parses a JSON array of strings, such as a vocabulary.
  ///
  /// @throws IllegalArgumentException if it is something else
  public static List<String> parseStrings(String source, byte[] json) {
    JsonNode node = tree(source, json);
    List<String> strings = new ArrayList<>();
    for (JsonNode value : node) {
      if (!node.isArray() || !value.isTextual()) {
        throw new IllegalArgumentException(source + ": expected a JSON array of strings");
      }
      strings.add(value.textValue());
    }
    if (strings.isEmpty()) {
      throw new IllegalArgumentException(source + ": expected a JSON array of strings");
    }
    return strings;
  }

  private static JsonNode tree(String source, byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (JacksonException malformed) {
      throw new IllegalArgumentException(
          source + ": expected valid JSON: " + OneLine.plain(malformed.getOriginalMessage()),
          malformed);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /// Whether the field is there and not null.
  public boolean has(String field) {
    return find(field) != null;
  }

  /// Whether the field is there and an array.
  public boolean isArray(String field) {
    JsonNode value = find(field);
    return value != null && value.isArray();
  }

  /// Whether the field is there and an object.
  public boolean isObject(String field) {
    JsonNode value = find(field);
    return value != null && value.isObject();
  }

  /// A whole number from 0 to 2^31 - 1.
  public int integer(String field) {
    return integer(field, node(field));
  }

  /// A whole number from 0 to 2^31 - 1, or another if the field is absent.
  public int integer(String field, int otherwise) {
    JsonNode value = find(field);
    return value == null ? otherwise : integer(field, value);
  }

  /// A whole number of at least 1.
  public int positive(String field) {
    int value = integer(field);
    if (value < 1) {
      throw bad(field, "a whole number of at least 1", node(field));
    }
    return value;
  }

  /// A whole number of at least 1, or another if the field is absent.
  public int positive(String field, int otherwise) {
    return has(field) ? positive(field) : otherwise;
  }

  /// A number, or another if the field is absent.
  public double number(String field, double otherwise) {
    JsonNode value = find(field);
    if (value == null) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw bad(field, "a number", value);
    }
    return value.doubleValue();
  }

  /// A truth value, or another if the field is absent.
  public boolean flag(String field, boolean otherwise) {
    JsonNode value = find(field);
    if (value == null) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw bad(field, "true or false", value);
    }
    return value.booleanValue();
  }

  /// A string.
  public String text(String field) {
    return text(field, node(field));
  }

  /// A string, or another if the field is absent.
  public String text(String field, String otherwise) {
    JsonNode value = find(field);
    return value == null ? otherwise : text(field, value);
  }

  /// An array of strings; empty if the field is absent.
  public List<String> texts(String field) {
    List<String> all = new ArrayList<>();
    array(field).forEach(value -> all.add(text(field, value)));
    return all;
  }

  /// An array of whole numbers; empty if the field is absent.
  public List<Integer> integers(String field) {
    List<Integer> all = new ArrayList<>();
    array(field).forEach(value -> all.add(integer(field, value)));
    return all;
  }

  /// An array of arrays of whole numbers; empty if the field is absent.
  public List<List<Integer>> tuples(String field) {
    List<List<Integer>> all = new ArrayList<>();
    for (JsonNode tuple : array(field)) {
      List<Integer> values = new ArrayList<>();
      tuple.forEach(value -> values.add(integer(field, value)));
      all.add(values);
    }
    return all;
  }

  /// An array of numbers; empty if the field is absent.
  public List<Double> numbers(String field) {
    List<Double> all = new ArrayList<>();
    for (JsonNode value : array(field)) {
      if (!value.isNumber()) {
        throw bad(field, "an array of numbers", value);
      }
      all.add(value.doubleValue());
    }
    return all;
  }

  /// An object within this one.
  public Config section(String field) {
    JsonNode value = node(field);
    if (!value.isObject()) {
      throw bad(field, "an object", value);
    }
    return new Config(source + ": " + field, value);
  }

  /// An array of objects; empty if the field is absent.
  public List<Config> sections(String field) {
    List<Config> all = new ArrayList<>();
    for (JsonNode value : array(field)) {
      if (!value.isObject()) {
        throw bad(field, "an array of objects", value);
      }
      all.add(new Config(source + ": " + field, value));
    }
    return all;
  }

  /// An object within this one, if the field is there.
  public Optional<Config> findSection(String field) {
    return has(field) ? Optional.of(section(field)) : Optional.empty();
  }

  /// The first entry, a text, of every array in an array of arrays, such as the pieces of a scored
  /// vocabulary.
  public List<String> keys(String field) {
    List<String> keys = new ArrayList<>();
    for (JsonNode entry : node(field)) {
      JsonNode key = entry.path(0);
      if (!entry.isArray() || !key.isTextual()) {
        throw bad(field, "arrays that begin with a text", entry);
      }
      keys.add(key.textValue());
    }
    return keys;
  }

  /// All fields that are strings, in order.
  public Map<String, String> strings() {
    Map<String, String> all = new LinkedHashMap<>();
    node.properties().stream()
        .filter(field -> field.getValue().isTextual())
        .forEach(field -> all.put(field.getKey(), field.getValue().textValue()));
    return all;
  }

  /// All fields that are whole numbers, in order.
  public Map<String, Integer> wholeNumbers() {
    Map<String, Integer> all = new LinkedHashMap<>();
    node.properties().stream()
        .filter(field -> field.getValue().isInt())
        .forEach(field -> all.put(field.getKey(), field.getValue().intValue()));
    return all;
  }

  /// An error about a field of this file.
  ///
  /// @param expected what the field should be
  public IllegalArgumentException refuse(String field, String expected) {
    JsonNode value = find(field);
    return value == null
        ? new IllegalArgumentException(
            source + ": " + field + ": expected " + expected + ", it is absent")
        : bad(field, expected, value);
  }

  private Iterable<JsonNode> array(String field) {
    JsonNode value = find(field);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw bad(field, "an array", value);
    }
    return value;
  }

  private @Nullable JsonNode find(String field) {
    JsonNode value = node.get(field);
    return value == null || value.isNull() ? null : value;
  }

  private JsonNode node(String field) {
    JsonNode value = find(field);
    if (value == null) {
      throw new IllegalArgumentException(
          source + ": expected the field " + field + ", it is absent");
    }
    return value;
  }

  private int integer(String field, JsonNode value) {
    if (!value.isInt() || value.intValue() < 0) {
      throw bad(field, "a whole number from 0 to 2^31 - 1", value);
    }
    return value.intValue();
  }

  private String text(String field, JsonNode value) {
    if (!value.isTextual()) {
      throw bad(field, "a string", value);
    }
    return value.textValue();
  }

  private IllegalArgumentException bad(String field, String expected, JsonNode value) {
    return new IllegalArgumentException(
        source + ": " + field + ": expected " + expected + ", got " + kind(value));
  }

  private static String kind(JsonNode node) {
    return node.isContainerNode()
        ? "an " + node.getNodeType().toString().toLowerCase(java.util.Locale.ROOT)
        : node.isMissingNode() ? "nothing" : OneLine.plain(node.toString());
  }
}
