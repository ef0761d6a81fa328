package io.github.attention4j.api.spi;

import io.github.attention4j.api.Request;
import io.github.attention4j.api.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Writes descriptions as models that other runtimes load. Found by `ServiceLoader` like
/// [AttentionProvider].
///
/// Options are the format's own, by documented names such as `opset`; an unknown name or value is
/// refused. Files are written beside their place and moved.
public interface ModelExporter {
  /// The name of the format, such as `onnx`.
  String format();

  /// Why the request cannot be written with these options; empty if it can.
  List<String> unsupported(Request request, Map<String, String> options);

  /// Writes a request as one file.
  void export(Request request, Map<String, String> options, Path file) throws IOException;

  /// Writes a network as one file, with the named attention maps as extra outputs.
  void export(Network network, List<String> maps, Map<String, String> options, Path file)
      throws IOException;
}
