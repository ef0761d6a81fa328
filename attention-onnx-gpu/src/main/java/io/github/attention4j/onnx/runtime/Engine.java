package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// ONNX Runtime on one device: opens sessions.
public final class Engine {
  private static final int LONGEST_COMMAND_LINE = 3950;

  private final OrtEnvironment environment;
  private final int threads;
  private final int cudaDevice;
  private final OptLevel level;
  private final Map<String, String> cuda;
  private final String choice;

  private Engine(
      OrtEnvironment environment,
      int threads,
      int cudaDevice,
      OptLevel level,
      Map<String, String> cuda,
      String choice) {
    this.environment = environment;
    this.threads = threads;
    this.cudaDevice = cudaDevice;
    this.level = level;
    this.cuda = cuda;
    this.choice = choice;
  }

  /// Why ONNX Runtime must not be loaded here; empty if it can be.
  ///
  /// Version 1.29 crashes the process when the command line is longer than about 4,000 bytes.
  public static Optional<String> obstacle() {
    return obstacle(Path.of("/proc/self/cmdline"));
  }

  static Optional<String> obstacle(Path commandLine) {
    try {
      int bytes = Files.isReadable(commandLine) ? Files.readAllBytes(commandLine).length : 0;
      return bytes < LONGEST_COMMAND_LINE
          ? Optional.empty()
          : Optional.of(
              "ONNX Runtime 1.29 crashes in processes with a command line this long: expected less"
                  + " than "
                  + LONGEST_COMMAND_LINE
                  + " bytes, got "
                  + bytes
                  + "; use an argument file (java @args)");
    } catch (IOException unreadable) {
      // Nothing is known, so nothing is against it.
      return Optional.empty();
    }
  }

  /// The one environment of this process. Whoever asks for it first sets its level of logging for
  /// all, so nobody asks ONNX Runtime itself.
  ///
  /// @throws IllegalStateException if [#obstacle()] has a reason
  public static OrtEnvironment sharedEnvironment() {
    obstacle()
        .ifPresent(reason -> {
          throw new IllegalStateException(reason);
        });
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
  }

  /// Loads ONNX Runtime and settles on a device.
  ///
  /// @param device `auto`, `cpu`, `cuda` or `cuda:N`; `auto` takes CUDA where it works
  /// @throws IllegalArgumentException if `cuda` is asked for and cannot be had; says what is
  ///   missing
  public static Engine start(int threads, String device, OptLevel level, Map<String, String> cuda) {
    OrtEnvironment environment = sharedEnvironment();
    if (device.equals("cpu")) {
      return new Engine(environment, threads, -1, level, cuda, "");
    }
    int number = device.startsWith("cuda:") ? Integer.parseInt(device.substring(5)) : 0;
    String missing = missingForCuda(number, cuda);
    if (device.equals("auto")) {
      return missing.isEmpty()
          ? new Engine(environment, threads, number, level, cuda, "chosen by auto")
          : new Engine(
              environment, threads, -1, level, cuda, "chosen by auto; no CUDA: " + missing);
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "device: expected one that works, got '" + device + "': " + missing);
    }
    return new Engine(environment, threads, number, level, cuda, "");
  }

  private static String missingForCuda(int number, Map<String, String> cuda) {
    if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
      return "this build of ONNX Runtime has no libonnxruntime_providers_cuda, see"
          + " docs/cuda.md";
    }
    try (SessionOptions options = new SessionOptions()) {
      addCuda(options, number, cuda);
      return "";
    } catch (OrtException failure) {
      return String.valueOf(failure.getMessage());
    }
  }

  private static void addCuda(SessionOptions options, int number, Map<String, String> cuda)
      throws OrtException {
    try (OrtCUDAProviderOptions settings = new OrtCUDAProviderOptions(number)) {
      for (Map.Entry<String, String> entry : cuda.entrySet()) {
        settings.add(entry.getKey(), entry.getValue());
      }
      options.addCUDA(settings);
    }
  }

  /// Where sessions run, such as `cpu` or `cuda:0`.
  public String device() {
    return cudaDevice < 0 ? "cpu" : "cuda:" + cudaDevice;
  }

  /// Why sessions run there; empty where the device was asked for.
  public Optional<String> choice() {
    return choice.isEmpty() ? Optional.empty() : Optional.of(choice);
  }

  /// Where sessions run, for people.
  public String describe() {
    return "ONNX Runtime "
        + environment.getVersion()
        + " on "
        + device()
        + ", "
        + threads
        + (threads == 1 ? " thread" : " threads");
  }

  /// The execution providers this build of ONNX Runtime has.
  public static String executionProviders() {
    return OrtEnvironment.getAvailableProviders().toString();
  }

  OrtEnvironment environment() {
    return environment;
  }

  SessionOptions options() throws OrtException {
    SessionOptions options = new SessionOptions();
    options.setIntraOpNumThreads(threads);
    options.setInterOpNumThreads(1);
    options.setOptimizationLevel(level);
    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    if (cudaDevice >= 0) {
      addCuda(options, cudaDevice, cuda);
    }
    return options;
  }
}
