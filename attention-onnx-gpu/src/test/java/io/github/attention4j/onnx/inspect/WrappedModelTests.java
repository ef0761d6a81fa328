package io.github.attention4j.onnx.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.api.spi.ModelRun;
import io.github.attention4j.onnx.proto.FunctionProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention inside model-local functions and inside the branches of an `If`. */
final class WrappedModelTests {
  @TempDir Path folder;

  private void check(String fixture, UnaryOperator<ModelProto> wrap, Inputs more)
      throws IOException {
    Path from = ForeignModelTests.FIXTURES.resolve(fixture);
    Map<String, NdArray> expected = SafetensorsFile.read(from.resolve("io.safetensors"));
    JsonNode sites = new ObjectMapper().readTree(from.resolve("sites.json").toFile());
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(from.resolve("model.onnx")));
    Path file = folder.resolve("model.onnx");
    Files.write(file, wrap.apply(model).toByteArray());
    try (InspectedModel opened = new OnnxModelInspector().open(file, Settings.defaults())) {
      Inputs inputs = ForeignModelTests.inputs(expected);
      for (String name : more.names()) {
        inputs = inputs.with(name, more.get(name));
      }
      ModelRun run = opened.run(inputs, MapRequest.all());
      assertEquals(List.of(), run.refusals());
      assertEquals(List.of(), opened.refusals());
      assertEquals(sites.size(), run.maps().size());
      for (int i = 0; i < sites.size(); i++) {
        String name = sites.get(i).get("attention").asText();
        ForeignModelTests.assertClose(
            (Tensor) ForeignModelTests.array(expected, "expected." + name),
            run.maps().get(i).weights(),
            name);
        assertTrue(
            run.maps().get(i).proof().contains("P·V is what the model computed"),
            run.maps().get(i).proof());
        assertTrue(!run.maps().get(i).proof().contains("not verified"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-sdpa-dynamo20-dynamic",
        "gpt2-ort-attention-past",
        "hand-attention23",
        "llama-eager-dynamo20",
        "torch-mha-dynamo18",
        "whisper-decoder-eager-dynamo18"
      })
  void readsOperatorsThatAreFunctions(String fixture) throws IOException {
    check(fixture, Wrapped::eachOperator, Inputs.none());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert-eager-dynamo18", "hand-microsoft-mha", "marian-decoder-classic-legacy14"})
  void readsFunctionsThatCallFunctions(String fixture) throws IOException {
    check(fixture, Wrapped::nested, Inputs.none());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsTheBranchThatAnInputChooses(boolean flag) throws IOException {
    check(
        "whisper-decoder-eager-dynamo18",
        model -> Wrapped.withFlag(Wrapped.branches(model, "use_cache_branch"), "use_cache_branch"),
        Inputs.none().with("use_cache_branch", BooleanTensor.of(new boolean[] {flag}, 1)));
  }

  @Test
  void readsTheBranchThatASizeChoosesWithinAnother() throws IOException {
    NodeProto size =
        NodeProto.newBuilder()
            .setOpType("Size")
            .addInput("input_ids")
            .addOutput("branch/size")
            .build();
    NodeProto any =
        NodeProto.newBuilder()
            .setOpType("Cast")
            .addInput("branch/size")
            .addOutput("branch/any")
            .addAttribute(HandMadeModel.integer("to", 9))
            .build();
    check(
        "bert-eager-dynamo18",
        model -> {
          ModelProto inner = Wrapped.branches(model, "branch/any", size, any);
          return Wrapped.withFlag(Wrapped.branches(inner, "flag"), "flag");
        },
        Inputs.none().with("flag", BooleanTensor.of(new boolean[] {true}, 1)));
  }

  @Test
  void saysSoOfAFunctionWrittenForOtherOperators() throws IOException {
    HandMadeModel hand = new HandMadeModel(18);
    String x = hand.features("x", 1, 3, 4);
    hand.output(hand.matMul(hand.softmax(hand.matMul(x, hand.transpose(x, 0, 2, 1))), x));
    ModelProto.Builder other = Wrapped.nested(hand.model()).toBuilder();
    for (FunctionProto.Builder function : other.getFunctionsBuilderList()) {
      function.setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(17));
    }
    Path file = folder.resolve("model.onnx");
    Files.write(file, other.build().toByteArray());
    try (InspectedModel opened = new OnnxModelInspector().open(file, Settings.defaults())) {
      assertEquals(1, opened.refusals().size());
      assertEquals("model", opened.refusals().getFirst().node());
    }
  }

  @Test
  void refusesFunctionsThatCallThemselvesOrUnfoldWithoutEnd() throws IOException {
    HandMadeModel hand = new HandMadeModel(18);
    hand.output(hand.softmax(hand.features("x", 1, 3, 4)));
    ModelProto.Builder circle = Wrapped.nested(hand.model()).toBuilder();
    for (FunctionProto.Builder function : circle.getFunctionsBuilderList()) {
      if (function.getName().equals("inner")) {
        function.clearNode().addAllNode(circle.getFunctions(0).getNodeList());
      }
    }
    refused(circle.build(), "calls at most 64 deep");

    ModelProto.Builder bomb = Wrapped.nested(hand.model()).toBuilder();
    bomb.clearFunctions();
    for (int i = 0; i < 40; i++) {
      FunctionProto.Builder function =
          FunctionProto.newBuilder()
              .setDomain("example.functions")
              .setName(i == 0 ? "outer" : "f" + i)
              .addInput("a")
              .addOutput("c");
      String inner = i == 39 ? "Neg" : "f" + (i + 1);
      String domain = i == 39 ? "" : "example.functions";
      function.addNode(
          NodeProto.newBuilder().setDomain(domain).setOpType(inner).addInput("a").addOutput("b"));
      function.addNode(
          NodeProto.newBuilder().setDomain(domain).setOpType(inner).addInput("b").addOutput("c"));
      bomb.addFunctions(function);
    }
    refused(bomb.build(), "at most 1000000 nodes");
  }

  private void refused(ModelProto model, String expected) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, model.toByteArray());
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new OnnxModelInspector().open(file, Settings.defaults()).close())
                .getMessage());
    assertTrue(message.contains(expected) && message.contains("model.onnx"), message);
  }
}
