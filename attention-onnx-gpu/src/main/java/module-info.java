module io.github.attention4j.onnx {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  requires com.microsoft.onnxruntime;
  requires com.google.protobuf;
  requires com.fasterxml.jackson.databind;
}
