package io.github.attention4j.api;

import java.util.Map;
import java.util.TreeMap;

/// How providers run, as far as they all understand it.
///
/// @param threads how many threads a provider may use; 0 means as many as there are processors
/// @param device `auto`, `cpu`, `cuda` or `cuda:N`; a provider that cannot run there refuses
/// @param options settings of single providers, as the provider documents them; a key is
///   `provider.name`, such as `onnx.dialect`; an unknown key of a provider's own is refused by that
///   provider
public record Settings(int threads, String device, Map<String, String> options) {
  public Settings {
    Check.atLeast("threads", 0, threads);
    if (!device.matches("auto|cpu|cuda(:\\d{1,3})?")) {
      throw new IllegalArgumentException(
          "device: expected auto, cpu, cuda or cuda:N, got '" + device + "'");
    }
    options = java.util.Collections.unmodifiableMap(new TreeMap<>(options));
  }

  /// All processors, device `auto`, no options.
  public static Settings defaults() {
    return new Settings(0, "auto", Map.of());
  }

  /// The same with another number of threads.
  public Settings threads(int newThreads) {
    return new Settings(newThreads, device, options);
  }

  /// The same on another device.
  public Settings device(String newDevice) {
    return new Settings(threads, newDevice, options);
  }

  /// The same with one more option.
  public Settings option(String key, String value) {
    Map<String, String> all = new TreeMap<>(options);
    all.put(key, value);
    return new Settings(threads, device, all);
  }

  /// The number of threads with 0 resolved.
  public int actualThreads() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
