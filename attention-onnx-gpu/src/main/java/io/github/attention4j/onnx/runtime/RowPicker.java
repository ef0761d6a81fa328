package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.Target;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.graph.Variant;
import java.util.Map;

/// Picks rows of a tensor ONNX Runtime owns, by a graph of one node: the tensor never passes
/// through Java.
final class RowPicker implements AutoCloseable {
  private static final int OPSET = 21;

  private final Model model;

  RowPicker(Engine engine) {
    Graph graph =
        new Graph(new Target(OPSET, false, Type.FLOAT, Type.FLOAT), Variant.GENERAL, _ -> null);
    graph.output(
        "picked",
        graph.input("x", "batch", "length", "channels").gather(graph.longs("rows", "picks"), 0),
        "picks",
        "length",
        "channels");
    model = Model.open(engine, graph, "rows");
  }

  /// @param owner frees the tensor when closed
  record Picked(OrtSession.Result owner, OnnxTensor tensor) {}

  Picked pick(OnnxTensor x, LongTensor rows) throws OrtException {
    OrtSession.Result result = model.runKeeping(Map.of("rows", rows), Map.of("x", x));
    return new Picked(result, (OnnxTensor) result.get(0));
  }

  @Override
  public void close() {
    model.close();
  }
}
