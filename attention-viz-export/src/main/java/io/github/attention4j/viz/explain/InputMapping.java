package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.ModelPort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/// Puts what a user gives where a model reads it, by the names, types and numbers of axes of the
/// model's inputs.
///
/// A key/value cache is left empty and a switch for it off. Where the model reads a fixed number of
/// texts or tokens, the text is repeated and filled up.
///
/// @param inputs what to run on
/// @param copies how many times the sample stands in the batch
/// @param sourceLength how many tokens the source has when filled up; 0 if it is not read
/// @param targetLength likewise
public record InputMapping(Inputs inputs, int copies, int sourceLength, int targetLength) {
  /** What an input is. */
  private enum Role {
    SOURCE,
    TARGET,
    SOURCE_MASK,
    TARGET_MASK,
    PADDING,
    TYPES,
    POSITIONS,
    PIXELS,
    CACHE,
    SWITCH,
    OTHER
  }

  /// Maps what is given.
  ///
  /// @param ports what the model reads; an axis that is no number may have any size
  /// @throws IllegalArgumentException if an input that is needed has nothing; names every one with
  ///   its type, its sizes and how to give it
  public static InputMapping of(List<ModelPort> ports, Given given) {
    return new Mapper(ports, given).mapped();
  }

  /// Whether the model reads a text that it does not write itself.
  public static boolean readsText(List<ModelPort> ports) {
    return new Mapper(ports, Given.NOTHING).roles.containsValue(Role.SOURCE);
  }

  /// Whether the model has a decoder that reads what it has written.
  public static boolean writesText(List<ModelPort> ports) {
    return new Mapper(ports, Given.NOTHING).roles.containsValue(Role.TARGET);
  }

  /// Whether the model reads a picture.
  public static boolean readsPicture(List<ModelPort> ports) {
    return new Mapper(ports, Given.NOTHING).roles.containsValue(Role.PIXELS);
  }

  /** One mapping at work. */
  private static final class Mapper {
    private final Map<ModelPort, Role> roles = new LinkedHashMap<>();
    private final Given given;

    Mapper(List<ModelPort> ports, Given given) {
      this.given = given;
      // With an encoder's states as an input, the only tokens are the decoder's.
      boolean onlyDecoder = ports.stream().anyMatch(port -> words(port).contains("hidden_states"));
      ports.forEach(port -> roles.put(port, role(port, onlyDecoder)));
      if (!roles.containsValue(Role.SOURCE) && !roles.containsValue(Role.TARGET)) {
        List<ModelPort> tokens =
            ports.stream()
                .filter(port -> isWhole(port) && port.axes().size() == 2)
                .filter(port -> roles.get(port) == Role.OTHER)
                .toList();
        if (tokens.size() == 1) {
          roles.put(tokens.getFirst(), Role.SOURCE);
        }
      }
    }

    private static boolean isWhole(ModelPort port) {
      return port.type().startsWith("int") || port.type().startsWith("uint");
    }

    private static boolean isFloat(ModelPort port) {
      return port.type().contains("float") || port.type().equals("double");
    }

    /** The name in small letters, without what exporters put around it. */
    private static String words(ModelPort port) {
      return port.name()
          .toLowerCase(Locale.ROOT)
          .replaceAll("^(serving_default_|input\\.)|:\\d+$", "");
    }

    private static Role role(ModelPort port, boolean onlyDecoder) {
      String name = words(port);
      boolean decoder =
          name.contains("decoder") || name.startsWith("tgt") || name.contains("target");
      if (name.matches("use_cache(_branch)?")) {
        return Role.SWITCH;
      }
      if (name.contains("past") || (name.contains("cache") && !name.contains("position"))) {
        return Role.CACHE;
      }
      if (name.contains("hidden_states") || name.contains("embeds")) {
        return Role.OTHER;
      }
      if (name.contains("token_type") || name.contains("segment")) {
        return Role.TYPES;
      }
      if (name.contains("position")) {
        return Role.POSITIONS;
      }
      if (name.contains("pixel_values")
          || (name.matches(".*(image|pixels).*") && isPicture(port))) {
        return Role.PIXELS;
      }
      if (name.contains("padding") && (port.type().equals("bool") || port.type().isEmpty())) {
        return Role.PADDING;
      }
      if (name.contains("mask")
          && port.axes().size() <= 2
          && !name.matches(".*(pixel|visual|image).*")) {
        boolean ofEncoder = name.contains("encoder") && !name.contains("decoder");
        return decoder || (onlyDecoder && !ofEncoder) ? Role.TARGET_MASK : Role.SOURCE_MASK;
      }
      if (name.matches(".*(input_ids|token_ids|input_tokens|tokens)") || name.equals("ids")) {
        return decoder || onlyDecoder ? Role.TARGET : Role.SOURCE;
      }
      return isPicture(port) && isFloat(port) ? Role.PIXELS : Role.OTHER;
    }

    private static boolean isPicture(ModelPort port) {
      return port.axes().size() == 4 && port.axes().get(1).equals("3");
    }

    InputMapping mapped() {
      Positions source = given.source();
      Positions target = given.target();
      int copies = size(0, 1, Role.SOURCE, Role.TARGET, Role.PIXELS);
      int sourceLength = length("text", source, Role.SOURCE);
      int targetLength = length("target", target, Role.TARGET);
      Inputs inputs = Inputs.none();
      List<String> missing = new ArrayList<>();
      for (Map.Entry<ModelPort, Role> entry : roles.entrySet()) {
        ModelPort port = entry.getKey();
        NdArray own = given.arrays().get(port.name());
        NdArray array =
            own != null
                ? own
                : array(port, entry.getValue(), copies, source, sourceLength, target, targetLength);
        if (array != null) {
          inputs = inputs.with(port.name(), array);
        } else if (!port.optional()) {
          missing.add(hint(port, entry.getValue()));
        }
      }
      for (String name : given.arrays().keySet()) {
        if (roles.keySet().stream().noneMatch(port -> port.name().equals(name))) {
          throw new IllegalArgumentException(
              "input: expected one of "
                  + roles.keySet().stream().map(ModelPort::name).toList()
                  + ", got '"
                  + name
                  + "'");
        }
      }
      if (!missing.isEmpty()) {
        throw new IllegalArgumentException(
            "inputs: nothing is given for " + String.join("; ", missing));
      }
      return new InputMapping(inputs, copies, sourceLength, targetLength);
    }

    private static String hint(ModelPort port, Role role) {
      String how =
          switch (role) {
            case SOURCE -> "--text or --ids, or ";
            case TARGET ->
                "--text or --target, with decoder_start_token_id in config.json beside the model, or ";
            case PIXELS -> "--image, or ";
            default -> "";
          };
      return "'"
          + port.name()
          + "' ("
          + (port.type() + " " + port.axes()).strip()
          + "): "
          + how
          + "--input "
          + port.name()
          + "=FILE.npy";
    }

    /** The size of an axis that inputs of these roles fix, or another number if none does. */
    private int size(int axis, int otherwise, Role... wanted) {
      for (Role role : wanted) {
        for (Map.Entry<ModelPort, Role> entry : roles.entrySet()) {
          List<String> axes = entry.getKey().axes();
          int at = axes.size() == 1 ? axis - 1 : axis;
          if (entry.getValue() == role
              && at >= 0
              && at < axes.size()
              && axes.get(at).matches("[1-9]\\d{0,8}")) {
            return Integer.parseInt(axes.get(at));
          }
        }
      }
      return otherwise;
    }

    private int length(String what, @Nullable Positions side, Role role) {
      if (side == null || !roles.containsValue(role)) {
        return 0;
      }
      int length = size(1, side.size(), role);
      if (side.size() > length) {
        throw new IllegalArgumentException(
            what + ": expected at most " + length + " tokens, got " + side.size());
      }
      return length;
    }

    private @Nullable NdArray array(
        ModelPort port,
        Role role,
        int copies,
        @Nullable Positions source,
        int sourceLength,
        @Nullable Positions target,
        int targetLength) {
      boolean tokens = source != null && sourceLength > 0;
      Positions read = tokens ? source : target;
      int length = tokens ? sourceLength : targetLength;
      int size = read == null ? 0 : read.size();
      return switch (role) {
        case SOURCE -> source == null || !tokens ? null : ids(port, copies, source, sourceLength);
        case TARGET ->
            target == null || targetLength == 0 ? null : ids(port, copies, target, targetLength);
        case SOURCE_MASK -> {
          NdArray states = states();
          yield states != null && !tokens
              ? filled(port, copies, states.shape().intSize(1), i -> 1)
              : length == 0 ? null : filled(port, copies, length, i -> i < size ? 1 : 0);
        }
        case TARGET_MASK ->
            target == null || targetLength == 0
                ? null
                : filled(port, copies, targetLength, i -> i < target.size() ? 1 : 0);
        case PADDING -> length == 0 ? null : filled(port, copies, length, i -> i < size ? 0 : 1);
        case TYPES ->
            read == null || length == 0
                ? null
                : filled(port, copies, length, i -> i < size ? read.types()[i] : 0);
        // A model that can do without counts them by its own rule, which need not start at 0.
        case POSITIONS ->
            length == 0 || port.optional() ? null : filled(port, copies, length, i -> i);
        case PIXELS -> pictures(copies);
        case SWITCH -> filled(port, 1, 1, i -> 0);
        case CACHE -> cache(port, copies);
        case OTHER -> null;
      };
    }

    /** The states of an encoder that the user gives. */
    private @Nullable NdArray states() {
      for (Map.Entry<String, NdArray> entry : given.arrays().entrySet()) {
        if (entry.getKey().contains("hidden_states") && entry.getValue().shape().rank() == 3) {
          return entry.getValue();
        }
      }
      return null;
    }

    private NdArray ids(ModelPort port, int copies, Positions side, int length) {
      return filled(port, copies, length, i -> i < side.size() ? side.ids()[i] : given.pad());
    }

    /** The same row for every text, or just the row where the input has one axis. */
    private static NdArray filled(ModelPort port, int copies, int length, IntToLongFunction value) {
      int rank = port.axes().isEmpty() && !port.type().isEmpty() ? 0 : port.axes().size();
      int rows = rank == 2 || port.type().isEmpty() ? copies : 1;
      long[] values = new long[rows * length];
      for (int i = 0; i < values.length; i++) {
        values[i] = value.applyAsLong(i % length);
      }
      if (port.axes().size() == 2 || port.type().isEmpty()) {
        return LongTensor.of(values, rows, length);
      }
      return rank == 1 ? LongTensor.of(values, length) : LongTensor.of(values);
    }

    private @Nullable NdArray pictures(int copies) {
      Tensor one = given.pixels();
      if (one == null || copies == 1) {
        return one;
      }
      long[] shape = one.shape().toArray();
      shape[0] = copies;
      Tensor all = Tensor.allocate(shape);
      long bytes = one.segment().byteSize();
      for (int i = 0; i < copies; i++) {
        all.segment().asSlice(i * bytes, bytes).copyFrom(one.segment());
      }
      return all;
    }

    /** Empty along the first axis that may have any size but the batch's; null if there is none. */
    private static @Nullable NdArray cache(ModelPort port, int copies) {
      if (port.optional() || !isFloat(port)) {
        return null;
      }
      long[] shape = new long[port.axes().size()];
      boolean empty = false;
      for (int axis = 0; axis < shape.length; axis++) {
        String size = port.axes().get(axis);
        boolean fixed = size.matches("\\d{1,18}");
        boolean batch = size.contains("batch") || (axis == 0 && !size.contains("past"));
        shape[axis] = fixed ? Long.parseLong(size) : batch ? copies : 0;
        empty |= shape[axis] == 0;
      }
      return empty ? Tensor.allocate(shape) : null;
    }
  }
}
