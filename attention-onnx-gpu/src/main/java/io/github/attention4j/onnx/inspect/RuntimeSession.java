package io.github.attention4j.onnx.inspect;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.TensorInfo;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.onnx.runtime.Engine;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A model with an extension, loaded by ONNX Runtime.
final class RuntimeSession implements AutoCloseable {
  /// How the runtime says that a node failed; an assertion names its source and its condition.
  private static final Pattern LOCATED =
      Pattern.compile(
          ".*while running (\\S+) node\\. Name:'([^']*)' Status Message: (?:\\S+:\\d+ .*? was false\\. ?)?(.+)");

  private final ModelFile file;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Map<String, TensorInfo> inputs = new LinkedHashMap<>();

  /// Loads the file's bytes with these behind them.
  ///
  /// @throws IllegalArgumentException if the runtime refuses the model
  RuntimeSession(ModelFile file, byte[] extension, Settings settings) {
    this.file = file;
    byte[] bytes =
        Arrays.copyOf(file.bytes(), Math.addExact(file.bytes().length, extension.length));
    System.arraycopy(extension, 0, bytes, file.bytes().length, extension.length);
    environment = Engine.sharedEnvironment();
    session = create(bytes, settings);
    try {
      for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
        if (input.getValue().getInfo() instanceof TensorInfo tensor) {
          inputs.put(input.getKey(), tensor);
        } else {
          throw new IllegalArgumentException(
              file.path()
                  + ": expected tensors as inputs, got '"
                  + input.getKey()
                  + "': "
                  + input.getValue().getInfo());
        }
      }
    } catch (OrtException | RuntimeException failed) {
      close();
      throw failed instanceof IllegalArgumentException refused
          ? refused
          : new IllegalStateException(file.path() + ": its inputs cannot be read", failed);
    }
  }

  /**
   * Without optimisations where these fail: they do on some graphs that other versions have
   * optimised already.
   */
  private OrtSession create(byte[] bytes, Settings settings) {
    OrtException first = null;
    for (OptLevel level : List.of(OptLevel.ALL_OPT, OptLevel.NO_OPT)) {
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setOptimizationLevel(level);
        options.setIntraOpNumThreads(settings.actualThreads());
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        options.addConfigEntry(
            "session.model_external_initializers_file_folder_path", file.folder().toString());
        if (settings.device().startsWith("cuda")) {
          int colon = settings.device().indexOf(':');
          options.addCUDA(colon < 0 ? 0 : Integer.parseInt(settings.device().substring(colon + 1)));
        }
        return environment.createSession(bytes, options);
      } catch (OrtException refused) {
        first = first == null ? refused : first;
      }
    }
    throw new IllegalArgumentException(
        file.path() + ": expected a model that ONNX Runtime can load, got: " + message(first),
        first);
  }

  /// The types and sizes of the inputs.
  Map<String, TensorInfo> inputs() {
    return inputs;
  }

  /// Runs the model once.
  ///
  /// @throws IllegalArgumentException if the runtime refuses the inputs
  Fetched run(Inputs given, Set<String> outputs) {
    List<OnnxTensor> open = new ArrayList<>();
    try {
      Map<String, OnnxTensor> fed = new HashMap<>();
      for (String name : given.names()) {
        TensorInfo info = inputs.get(name);
        if (info == null) {
          throw new IllegalArgumentException(
              "inputs: expected names among " + inputs.keySet() + ", got '" + name + "'");
        }
        OnnxTensor tensor = Elements.tensor(environment, name, given.get(name), info);
        open.add(tensor);
        fed.put(name, tensor);
      }
      Map<String, NdArray> arrays = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(fed, outputs)) {
        for (Map.Entry<String, OnnxValue> entry : result) {
          if (entry.getValue() instanceof OnnxTensor tensor) {
            NdArray array = Elements.array(tensor);
            if (array != null) {
              arrays.put(entry.getKey(), array);
            }
          }
        }
      }
      return new Fetched(arrays);
    } catch (OrtException failed) {
      throw new IllegalArgumentException(
          file.path()
              + ": the model does not run on "
              + given.names().stream()
                  .map(name -> name + " " + given.get(name).shape())
                  .collect(Collectors.joining(", "))
              + ": "
              + plain(message(failed)),
          failed);
    } finally {
      open.forEach(OnnxTensor::close);
      // The tensors read the arrays' own memory.
      Reference.reachabilityFence(given);
    }
  }

  private static String message(@Nullable OrtException exception) {
    String message = String.valueOf(exception == null ? null : exception.getMessage());
    int line = message.indexOf('\n');
    return line < 0 ? message : message.substring(0, line);
  }

  /// What went wrong and where, without where in the runtime's own sources.
  private static String plain(String message) {
    Matcher located = LOCATED.matcher(message);
    return located.matches()
        ? located.group(1) + " node '" + located.group(2) + "': " + located.group(3)
        : message;
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException failed) {
      throw new IllegalStateException(file.path() + ": cannot be freed", failed);
    }
  }
}
