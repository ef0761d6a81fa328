package io.github.attention4j.api.spi;

import io.github.attention4j.api.Settings;
import java.io.IOException;
import java.nio.file.Path;

/// Finds the attention in model files of other makers. Found by `ServiceLoader` like
/// [AttentionProvider].
public interface ModelInspector {
  /// The name of the format, such as `onnx`.
  String format();

  /// Reads a model, finds its attention and makes it ready to run. Close what it returns.
  ///
  /// The file is not trusted: what would read outside the model's folder, or claims more data than
  /// there is, is refused before any runtime sees it.
  ///
  /// @param model the file
  /// @param settings threads, device (`auto` means the CPU), and the format's own options
  /// @throws IOException if the file cannot be read
  /// @throws IllegalArgumentException if it is no model of this format, or one that cannot be run;
  ///   names the file and what was expected
  InspectedModel open(Path model, Settings settings) throws IOException;
}
