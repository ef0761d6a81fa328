package io.github.attention4j.viz.bench;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Who takes part: a configured provider, or the reason why it cannot.
///
/// @param name in tables
/// @param provider if it was found and took the settings
/// @param absence the reason, where there is none
record Contestant(String name, Optional<AttentionProvider> provider, String absence) {
  /// The provider under measurement.
  static final String CPU = "cpu";

  /// ONNX Runtime by the standard's operators of the newest set, `Attention` where it applies.
  static final String PORTABLE = "ai.onnx";

  /// ONNX Runtime by its own operators, such as `MultiHeadAttention`, where they apply.
  static final String FUSED = "com.microsoft";

  /// The provider of this id with these settings.
  static Contestant of(
      String name, String id, Settings settings, Function<Settings, AttentionProviders> source) {
    try {
      return new Contestant(name, Optional.of(source.apply(settings).named(id)), "");
    } catch (IllegalArgumentException refused) {
      return new Contestant(name, Optional.empty(), OneLine.of(refused));
    }
  }

  /// The provider `cpu` and its peers, all on the CPU with the same number of threads.
  static List<Contestant> all(Settings settings, Function<Settings, AttentionProviders> source) {
    Settings onCpu = settings.device("cpu");
    return List.of(
        of(CPU, "cpu", onCpu, source),
        of(PORTABLE, "onnx", onCpu.option("onnx.dialect", "portable"), source),
        of(FUSED, "onnx", onCpu.option("onnx.dialect", "fused"), source));
  }
}
