package io.github.attention4j.api;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Turns the tree of a [Description] back into records, by their declared component types. */
final class DescriptionReader {
  private static final Map<Class<?>, Object> DEFAULTS =
      Map.of(
          Scope.class, Scope.full(),
          Normalizer.class, Normalizer.softmax(),
          Placement.class, Placement.start());

  private final Map<String, NdArray> arrays;

  DescriptionReader(Map<String, NdArray> arrays) {
    this.arrays = arrays;
  }

  Object read(String path, Object tree, Type type) {
    return switch (type) {
      case ParameterizedType generic -> generic(path, tree, generic);
      case Class<?> plain -> plain(path, tree, plain);
      default -> throw new IllegalStateException(path + ": the vocabulary has no type " + type);
    };
  }

  private Object generic(String path, Object tree, ParameterizedType type) {
    Type[] arguments = type.getActualTypeArguments();
    Class<?> raw = (Class<?>) type.getRawType();
    if (raw == Optional.class) {
      return Optional.of(read(path, tree, arguments[0]));
    }
    if (raw == Map.class) {
      Map<String, Object> copy = new LinkedHashMap<>();
      map(path, tree)
          .forEach((key, each) -> copy.put(key, read(path + "." + key, each, arguments[1])));
      return copy;
    }
    if (!(tree instanceof List<?> values)) {
      throw expected(path, "a list", tree);
    }
    List<Object> list = new ArrayList<>();
    for (Object each : values) {
      list.add(read(path + "." + list.size(), each, arguments[0]));
    }
    return raw == Set.class ? new LinkedHashSet<>(list) : list;
  }

  private Object plain(String path, Object tree, Class<?> type) {
    if (NdArray.class.isAssignableFrom(type)) {
      return array(path, tree, type);
    }
    if (type.isRecord()) {
      return record(path, tree, type.asSubclass(Record.class));
    }
    if (type.isSealed()) {
      return alternative(path, tree, type);
    }
    if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(tree)) {
          return constant;
        }
      }
      throw expected(path, "one of " + List.of(type.getEnumConstants()), tree);
    }
    if ((type == String.class && tree instanceof String)
        || (type == boolean.class && tree instanceof Boolean)) {
      return tree;
    }
    if (tree instanceof Number number) {
      if (type == double.class) {
        return number.doubleValue();
      }
      if (type == OptionalDouble.class) {
        return OptionalDouble.of(number.doubleValue());
      }
      if (number.doubleValue() == number.longValue()) {
        if (type == long.class || type == Long.class) {
          return number.longValue();
        }
        if (type == OptionalLong.class) {
          return OptionalLong.of(number.longValue());
        }
        if (number.longValue() == number.intValue()) {
          if (type == int.class || type == Integer.class) {
            return number.intValue();
          }
          if (type == OptionalInt.class) {
            return OptionalInt.of(number.intValue());
          }
        }
      }
      if (type == Double.class) {
        return number.doubleValue();
      }
    }
    throw expected(path, type.getSimpleName(), tree);
  }

  private Object alternative(String path, Object tree, Class<?> type) {
    Map<String, Class<? extends Record>> known = new TreeMap<>();
    collect(type, known);
    Object name = tree instanceof Map<?, ?> map ? map.get("type") : tree;
    Class<? extends Record> chosen = name instanceof String text ? known.get(text) : null;
    if (chosen == null) {
      throw expected(path, "type to be one of " + known.keySet(), name == null ? tree : name);
    }
    return record(path, tree, chosen);
  }

  private static void collect(Class<?> type, Map<String, Class<? extends Record>> known) {
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      if (permitted.isRecord()) {
        known.put(permitted.getSimpleName(), permitted.asSubclass(Record.class));
      } else {
        collect(permitted, known);
      }
    }
  }

  private Record record(String path, Object tree, Class<? extends Record> type) {
    Map<String, Object> fields;
    if (tree instanceof String) {
      if (!tree.equals(type.getSimpleName())) {
        throw expected(path, type.getSimpleName(), tree);
      }
      fields = Map.of();
    } else {
      fields = map(path, tree);
    }
    RecordComponent[] components = type.getRecordComponents();
    Set<String> names = new LinkedHashSet<>();
    Class<?>[] types = new Class<?>[components.length];
    @Nullable Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      RecordComponent component = components[i];
      names.add(component.getName());
      types[i] = component.getType();
      String place = path.isEmpty() ? component.getName() : path + "." + component.getName();
      Object field = fields.get(component.getName());
      values[i] =
          field == null
              ? missing(place, component.getType())
              : read(place, field, component.getGenericType());
    }
    for (String field : fields.keySet()) {
      if (!field.equals("type") && !names.contains(field)) {
        throw new IllegalArgumentException(
            where(path)
                + "expected the fields "
                + names
                + " of "
                + type.getSimpleName()
                + ", got '"
                + field
                + "'");
      }
    }
    try {
      return type.getConstructor(types).newInstance(values);
    } catch (InvocationTargetException refused) {
      if (refused.getCause() instanceof IllegalArgumentException reason) {
        throw new IllegalArgumentException(where(path) + reason.getMessage(), reason);
      }
      throw new IllegalStateException(refused.getCause());
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static Object missing(String path, Class<?> type) {
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == OptionalDouble.class) {
      return OptionalDouble.empty();
    }
    if (type == OptionalLong.class) {
      return OptionalLong.empty();
    }
    if (type == OptionalInt.class) {
      return OptionalInt.empty();
    }
    if (type == List.class) {
      return List.of();
    }
    if (type == Set.class) {
      return Set.of();
    }
    Object usual = DEFAULTS.get(type);
    if (usual == null) {
      throw new IllegalArgumentException(
          where(path) + "expected " + type.getSimpleName() + ", but the field is missing");
    }
    return usual;
  }

  private NdArray array(String path, Object tree, Class<?> type) {
    if (tree instanceof Map<?, ?> map && map.get("tensor") instanceof String name) {
      NdArray array = arrays.get(name);
      if (array == null) {
        throw new IllegalArgumentException(
            where(path)
                + "expected one of the tensors "
                + arrays.keySet()
                + ", got '"
                + name
                + "'");
      }
      if (!type.isInstance(array)) {
        throw expected(path, type.getSimpleName(), array.describe());
      }
      return array;
    }
    if (tree instanceof List<?> && type != NdArray.class) {
      return inline(path, tree, type);
    }
    throw expected(path, "{\"tensor\": NAME} or nested lists", tree);
  }

  private static NdArray inline(String path, Object tree, Class<?> type) {
    List<Long> sizes = new ArrayList<>();
    for (Object level = tree; level instanceof List<?> list; ) {
      sizes.add((long) list.size());
      if (list.isEmpty()) {
        break;
      }
      level = list.getFirst();
    }
    List<Object> leaves = new ArrayList<>();
    flatten(path, tree, sizes, 0, leaves);
    Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
    if (type == BooleanTensor.class) {
      BooleanTensor array = BooleanTensor.allocate(shape);
      for (int i = 0; i < leaves.size(); i++) {
        array.set(
            i,
            leaves.get(i) instanceof Boolean truth
                ? truth
                : bad(path, "true or false", leaves.get(i)));
      }
      return array;
    }
    if (type == LongTensor.class) {
      LongTensor array = LongTensor.allocate(shape);
      for (int i = 0; i < leaves.size(); i++) {
        array.set(i, number(path, leaves.get(i)).longValue());
      }
      return array;
    }
    Tensor array = Tensor.allocate(shape);
    for (int i = 0; i < leaves.size(); i++) {
      array.set(i, number(path, leaves.get(i)).floatValue());
    }
    return array;
  }

  private static void flatten(
      String path, Object tree, List<Long> sizes, int depth, List<Object> leaves) {
    if (depth == sizes.size()) {
      leaves.add(tree);
      return;
    }
    if (!(tree instanceof List<?> list) || list.size() != sizes.get(depth)) {
      throw expected(path, "nested lists of the sizes " + sizes, tree);
    }
    for (Object each : list) {
      flatten(path, each, sizes, depth + 1, leaves);
    }
  }

  private static Number number(String path, Object leaf) {
    if (leaf instanceof Number number) {
      return number;
    }
    throw expected(path, "a number", leaf);
  }

  private static boolean bad(String path, String what, Object actual) {
    throw expected(path, what, actual);
  }

  private static Map<String, Object> map(String path, Object tree) {
    if (!(tree instanceof Map<?, ?> map)) {
      throw expected(path, "an object", tree);
    }
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, value) -> {
      if (value != null) {
        copy.put(String.valueOf(key), value);
      }
    });
    return copy;
  }

  static Object get(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static IllegalArgumentException expected(String path, String what, Object actual) {
    String text = String.valueOf(actual);
    return new IllegalArgumentException(
        where(path)
            + "expected "
            + what
            + ", got "
            + (text.length() > 80 ? text.substring(0, 77) + "..." : text));
  }

  private static String where(String path) {
    return path.isEmpty() ? "" : path + ": ";
  }
}
