package io.github.attention4j.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// A [Request], a network or any other value of this vocabulary as a plain tree, for JSON files and
/// ONNX metadata.
///
/// A record becomes a map from component names to values; where alternatives are possible, `type`
/// names the record. A record whose components are all absent is its name alone: `"Full"`. An empty
/// [Optional] is left out. Arrays are lifted out of the tree: in their place stands `{"tensor":
/// "mechanism.score.query"}`, and [#arrays] has the array under that path; an array that occurs
/// twice is kept once.
///
/// Written by hand, a tree may also leave out lists (empty), a scope ([Scope.Full]), a normalizer
/// ([Normalizer.Softmax]) and a placement ([Placement.Start] at 0), and may have small arrays in
/// place, as nested lists of numbers.
///
/// @param tree maps, lists, strings, numbers and booleans only
/// @param arrays the lifted arrays by path
public record Description(Object tree, Map<String, NdArray> arrays) {
  public Description {
    arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
  }

  /// Describes a value of the vocabulary.
  ///
  /// @throws IllegalArgumentException if the value, or something in it, is no record, enum, list,
  ///   set, map with text keys, array, optional, text, number or boolean
  public static Description of(Record value) {
    Writer writer = new Writer();
    Object tree = writer.write("", value);
    return new Description(tree, writer.arrays);
  }

  /// Reads the value back.
  ///
  /// @param type the expected record, or a sealed interface of the vocabulary
  /// @throws IllegalArgumentException naming the place in the tree, what was expected and what came
  public <T> T read(Class<T> type) {
    return type.cast(new DescriptionReader(arrays).read("", tree, type));
  }

  private static final class Writer {
    private final Map<String, NdArray> arrays = new LinkedHashMap<>();
    private final IdentityHashMap<NdArray, String> paths = new IdentityHashMap<>();

    Object write(String path, Object value) {
      return switch (value) {
        case String text -> text;
        case Boolean truth -> truth;
        case Number number -> number;
        case Enum<?> constant -> constant.name();
        case NdArray array -> {
          String place =
              paths.computeIfAbsent(
                  array,
                  _ -> {
                    arrays.put(path, array);
                    return path;
                  });
          yield Map.of("tensor", place);
        }
        case Iterable<?> values -> {
          List<Object> list = new ArrayList<>();
          for (Object each : values) {
            list.add(write(path + "." + list.size(), each));
          }
          yield list;
        }
        case Map<?, ?> map -> {
          Map<String, Object> copy = new LinkedHashMap<>();
          map.forEach((key, each) -> copy.put((String) key, write(join(path, (String) key), each)));
          yield copy;
        }
        case Record record -> record(path, record);
        default ->
            throw new IllegalArgumentException(
                path + ": expected a value of the vocabulary, got " + value.getClass().getName());
      };
    }

    private Object record(String path, Record record) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("type", record.getClass().getSimpleName());
      for (var component : record.getClass().getRecordComponents()) {
        present(DescriptionReader.get(component, record))
            .ifPresent(value ->
                map.put(component.getName(), write(join(path, component.getName()), value)));
      }
      return map.size() == 1 ? record.getClass().getSimpleName() : map;
    }

    private static Optional<Object> present(Object value) {
      return switch (value) {
        case Optional<?> optional -> optional.map(each -> each);
        case OptionalDouble optional ->
            optional.isPresent() ? Optional.of(optional.getAsDouble()) : Optional.empty();
        case OptionalLong optional ->
            optional.isPresent() ? Optional.of(optional.getAsLong()) : Optional.empty();
        case OptionalInt optional ->
            optional.isPresent() ? Optional.of(optional.getAsInt()) : Optional.empty();
        default -> Optional.of(value);
      };
    }

    private static String join(String path, String name) {
      return path.isEmpty() ? name : path + "." + name;
    }
  }
}
