package io.github.attention4j.onnx.inspect;

import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.ModelInspector;
import java.io.IOException;
import java.nio.file.Path;

/// Finds attention in ONNX models: made of primitive operators, or fused as `ai.onnx::Attention` or
/// `com.microsoft`'s.
///
/// Runs on ONNX Runtime, on the CPU unless the settings name `cuda`. The file is not changed,
/// copied or trusted.
public final class OnnxModelInspector implements ModelInspector {
  /// An inspector; does no work.
  public OnnxModelInspector() {}

  @Override
  public String format() {
    return "onnx";
  }

  @Override
  public InspectedModel open(Path model, Settings settings) throws IOException {
    return new InspectedOnnxModel(ModelFile.read(model), settings);
  }
}
