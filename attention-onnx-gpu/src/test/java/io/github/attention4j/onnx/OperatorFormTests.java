package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.StringStringEntryProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which operator a request becomes; that all of them compute the same is [MechanismTests]'.
final class OperatorFormTests {
  private static final Request FULL = Request.of(Pairwise.of(Score.scaledDot()));
  private static final Request CAUSAL =
      Request.of(Pairwise.of(Score.scaledDot()).within(Scope.causal()));
  private static final Request WINDOW =
      Request.of(Pairwise.of(Score.scaledDot()).within(Scope.window(3, 3)));

  @TempDir Path folder;

  private static String form(Request request, Settings settings, int queries, int keys) {
    try (Attention attention = new OnnxProvider().configure(settings).prepare(request)) {
      attention.run(
          Inputs.of(
              Numbers.normal(1, 1, 4, queries, 8),
              Numbers.normal(2, 1, 2, keys, 8),
              Numbers.normal(3, 1, 2, keys, 8)));
      return attention.kernel();
    }
  }

  @Test
  void theStandardsOperatorIsUsedWhereThereIsOne() {
    Settings newest = Settings.defaults().threads(1);
    for (Request request : List.of(FULL, CAUSAL, WINDOW)) {
      assertEquals("ai.onnx Attention", form(request, newest, 5, 7));
      assertEquals("spelled out", form(request, newest.option("onnx.opset", "22"), 5, 7));
      assertEquals("spelled out", form(request.capture(Capture.WEIGHTS), newest, 5, 7));
    }
    Pairwise sparse = Pairwise.of(Score.scaledDot()).normalizedBy(new Normalizer.Sparsemax());
    assertEquals("spelled out", form(Request.of(sparse), newest, 5, 7));
  }

  @Test
  void theRuntimesOwnOperatorsAreUsedInTheFusedDialect() {
    Settings fused = Settings.defaults().threads(1).option("onnx.dialect", "fused");
    assertEquals("com.microsoft MultiHeadAttention", form(FULL, fused, 5, 7));
    assertEquals("com.microsoft MultiHeadAttention", form(FULL, fused, 1, 7));
    assertEquals("com.microsoft GroupQueryAttention", form(CAUSAL, fused, 7, 7));
    // The operator wants as many queries as keys.
    assertEquals("ai.onnx Attention", form(CAUSAL, fused, 5, 7));
    assertEquals("ai.onnx Attention", form(WINDOW, fused, 7, 7));
    assertEquals("spelled out", form(WINDOW, fused.option("onnx.opset", "21"), 7, 7));
  }

  @Test
  void filesSayWhichFormTheyHave() throws Exception {
    Path file = folder.resolve("model.onnx");
    new OnnxExporter().export(CAUSAL, Map.of("opset", "23"), file);
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(file));
    assertTrue(
        model.getMetadataPropsList().stream()
            .filter(each -> each.getKey().equals(OnnxExporter.FORM))
            .map(StringStringEntryProto::getValue)
            .anyMatch("ai.onnx Attention"::equals));
    List<NodeProto> operators =
        model.getGraph().getNodeList().stream()
            .filter(node -> node.getOpType().equals("Attention"))
            .toList();
    assertEquals(1, operators.size());
    assertTrue(operators.getFirst().getDocString().startsWith("ai.onnx Attention"));
  }
}
