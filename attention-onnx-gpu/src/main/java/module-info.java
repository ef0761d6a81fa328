/// Attention through ONNX: the provider `onnx` on ONNX Runtime, and the exporter of `.onnx` files.
module io.github.attention4j.onnx {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires com.microsoft.onnxruntime;
  requires com.google.protobuf;
  requires com.fasterxml.jackson.databind;

  exports io.github.attention4j.onnx;

  provides io.github.attention4j.api.spi.AttentionProvider with
      io.github.attention4j.onnx.OnnxProvider;
  provides io.github.attention4j.api.spi.ModelInspector with
      io.github.attention4j.onnx.inspect.OnnxModelInspector;
  provides io.github.attention4j.api.spi.ModelExporter with
      io.github.attention4j.onnx.OnnxExporter;
  provides io.github.attention4j.api.spi.OperatorConformance with
      io.github.attention4j.onnx.conform.OnnxOperatorConformance;
}
