package io.github.attention4j.onnx.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.InspectedModel;
import io.github.attention4j.api.spi.MapRequest;
import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.FunctionProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import io.github.attention4j.onnx.proto.SparseTensorProto;
import io.github.attention4j.onnx.proto.StringStringEntryProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TrainingInfoProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are corrupt, or that claim data which is not theirs, are refused before the runtime
 * sees them.
 */
final class UntrustedModelTests {
  @TempDir Path folder;

  private final HandMadeModel hand = new HandMadeModel(18);

  /** Single-head attention whose value projection is external data of 8 x 8 floats. */
  private ModelProto.Builder model(String location, String offset, String length) {
    String x = hand.features("x", 1, 3, 8);
    hand.graph()
        .addInitializer(
            TensorProto.newBuilder()
                .setName("outside")
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addDims(8)
                .addDims(8)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", offset))
                .addExternalData(entry("length", length)));
    String query = hand.matMul(x, hand.weight(8, 8));
    String key = hand.matMul(x, hand.weight(8, 8));
    String weights = hand.softmax(hand.matMul(query, hand.transpose(key, 0, 2, 1)));
    hand.output(hand.matMul(hand.matMul(weights, hand.matMul(x, "outside")), hand.weight(8, 8)));
    return hand.model().toBuilder();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private InspectedModel open(byte[] bytes) throws IOException {
    Path file = Files.createDirectories(folder.resolve("model")).resolve("model.onnx");
    Files.write(file, bytes);
    return new OnnxModelInspector().open(file, Settings.defaults());
  }

  private void refused(byte[] bytes, String... expected) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> open(bytes).close()).getMessage());
    assertTrue(message.contains("model.onnx"), message);
    for (String part : expected) {
      assertTrue(message.contains(part), message);
    }
  }

  private void weights(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(64 * 4 + 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 4; i < 68; i++) {
      bytes.putFloat(4 * i, i % 7 - 3);
    }
    Files.createDirectories(file.resolveSibling("x"));
    Files.write(file, bytes.array());
  }

  @Test
  void readsExternalDataBesideTheModel() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    weights(folder.resolve("model/weights.bin"));
    try (InspectedModel opened = open(model("weights.bin", "16", "256").build().toByteArray())) {
      var map = opened.run(hand.inputs(), MapRequest.all()).maps().getFirst();
      assertEquals(1, map.weights().shape().size(1));
      assertTrue(map.proof().startsWith("verified: "), map.proof());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.bin",
        "x/../../secret.bin",
        "x/../weights.bin",
        "..\\secret.bin",
        "/etc/hostname",
        "C:\\secret.bin",
        "*/_ORT_MEM_ADDR_/*",
        "missing.bin",
        "link.bin",
        "linked/secret.bin",
        "hard.bin",
        "%2e%2e/secret.bin",
        "%2Fetc%2Fhostname",
        "file:///etc/hostname",
        "~/secret.bin",
        "weights.bin/../../secret.bin",
        "",
        "x",
        "weights\0.bin"
      })
  void refusesDataOutsideTheFolder(String location) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    weights(folder.resolve("model/weights.bin"));
    weights(folder.resolve("secret.bin"));
    Files.createSymbolicLink(folder.resolve("model/link.bin"), folder.resolve("secret.bin"));
    Files.createSymbolicLink(folder.resolve("model/linked"), folder);
    Files.createLink(folder.resolve("model/hard.bin"), folder.resolve("secret.bin"));
    refused(model(location, "0", "256").build().toByteArray(), "tensor 'outside'");
  }

  @ParameterizedTest
  @CsvSource({
    "32, 256",
    "0, 1000000000000",
    "9223372036854775807, 256",
    "-1, 256",
    "0, -256",
    "0, 255",
    "0, ten",
    "0x10, 256"
  })
  void refusesDataBeyondTheFile(String offset, String length) throws IOException {
    Files.createDirectories(folder.resolve("model"));
    weights(folder.resolve("model/weights.bin"));
    refused(model("weights.bin", offset, length).build().toByteArray(), "tensor 'outside'");
  }

  @Test
  void refusesWhatIsSaidTwiceOrInTwoPlaces() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    weights(folder.resolve("model/weights.bin"));
    ModelProto base = model("weights.bin", "0", "256").build();
    refused(
        changed(base, tensor -> tensor.addExternalData(entry("location", "../secret.bin"))),
        "'location' again");
    refused(
        changed(base, tensor -> tensor.setDataLocation(TensorProto.DataLocation.DEFAULT)),
        "both kinds");
  }

  private static byte[] changed(ModelProto base, Consumer<TensorProto.Builder> change) {
    ModelProto.Builder model = base.toBuilder();
    for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
      if (tensor.getName().equals("outside")) {
        change.accept(tensor);
      }
    }
    return model.build().toByteArray();
  }

  @Test
  void refusesSizesThatDoNotFitTheData() {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName("inside")
            .setDataType(1)
            .addDims(1L << 40)
            .addDims(1L << 40);
    ModelProto.Builder model = model("weights.bin", "0", "256");
    model.getGraphBuilder().clearInitializer().addInitializer(tensor);
    refused(model.build().toByteArray(), "tensor 'inside'", "fits 64 bits");
    tensor.clearDims().addDims(-1);
    model.getGraphBuilder().setInitializer(0, tensor);
    refused(model.build().toByteArray(), "tensor 'inside'", "sizes >= 0");
    tensor.clearDims().addDims(1000).setRawData(ByteString.copyFromUtf8("abc"));
    model.getGraphBuilder().setInitializer(0, tensor);
    refused(model.build().toByteArray(), "tensor 'inside'", "4000 bytes", "3 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "../secret.bin, 0, 4",
    "/etc/hostname, 0, 4",
    "linked/secret.bin, 0, 4",
    "weights.bin, 0, 1000000000000",
    "weights.bin, 9223372036854775807, 4"
  })
  void looksForExternalDataWhereverATensorStands(String location, String offset, String length)
      throws IOException {
    Files.createDirectories(folder.resolve("model"));
    weights(folder.resolve("model/weights.bin"));
    weights(folder.resolve("secret.bin"));
    Files.createSymbolicLink(folder.resolve("model/linked"), folder);
    TensorProto outside =
        TensorProto.newBuilder()
            .setName("deep")
            .setDataType(1)
            .addDims(1)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", location))
            .addExternalData(entry("offset", offset))
            .addExternalData(entry("length", length))
            .build();
    SparseTensorProto sparse = SparseTensorProto.newBuilder().setIndices(outside).build();
    NodeProto constant = constant(AttributeProto.newBuilder().setName("value").setT(outside));
    NodeProto branching =
        NodeProto.newBuilder()
            .setOpType("If")
            .addInput("x")
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("then_branch")
                    .setG(GraphProto.newBuilder().addNode(constant)))
            .build();
    List<UnaryOperator<ModelProto>> places =
        List.of(
            model -> inGraph(model, graph -> graph.addNode(constant)),
            model -> inGraph(model, graph -> graph.addNode(branching)),
            model ->
                inGraph(
                    model,
                    graph ->
                        graph.addNode(constant(AttributeProto.newBuilder().addTensors(outside)))),
            model ->
                inGraph(
                    model,
                    graph ->
                        graph.addNode(
                            constant(AttributeProto.newBuilder().setSparseTensor(sparse)))),
            model -> inGraph(model, graph -> graph.addSparseInitializer(sparse)),
            model ->
                model.toBuilder()
                    .addFunctions(
                        FunctionProto.newBuilder().setName("f").setDomain("d").addNode(branching))
                    .build(),
            model ->
                model.toBuilder()
                    .addFunctions(
                        FunctionProto.newBuilder()
                            .setName("f")
                            .setDomain("d")
                            .addAttributeProto(
                                AttributeProto.newBuilder().setName("a").setT(outside)))
                    .build(),
            model ->
                model.toBuilder()
                    .addTrainingInfo(
                        TrainingInfoProto.newBuilder()
                            .setInitialization(GraphProto.newBuilder().addInitializer(outside)))
                    .build());
    hand.output(hand.softmax(hand.features("x", 1)));
    for (UnaryOperator<ModelProto> place : places) {
      refused(place.apply(hand.model()).toByteArray(), "tensor 'deep'");
    }
  }

  private static NodeProto constant(AttributeProto.Builder attribute) {
    return NodeProto.newBuilder()
        .setOpType("Constant")
        .addOutput("c")
        .addAttribute(attribute)
        .build();
  }

  private static ModelProto inGraph(ModelProto model, Consumer<GraphProto.Builder> change) {
    ModelProto.Builder changed = model.toBuilder();
    change.accept(changed.getGraphBuilder());
    return changed.build();
  }

  @Test
  void refusesBytesThatAreNoModel() {
    refused("not a model".getBytes(StandardCharsets.UTF_8), "expected an ONNX model");
    refused(new byte[0], "expected an ONNX model");
    byte[] whole = model("weights.bin", "0", "256").build().toByteArray();
    refused(Arrays.copyOf(whole, whole.length / 2), "expected an ONNX model");
  }

  @Test
  void refusesVersionsThatTheRuntimeDoesNotKnow() {
    hand.output(hand.softmax(hand.features("x", 2, 3)));
    refused(
        hand.model().toBuilder().setIrVersion(99).build().toByteArray(),
        "expected an ONNX IR version from 3 to 13, got 99");
    refused(
        hand.model().toBuilder()
            .setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(99))
            .build()
            .toByteArray(),
        "expected an ONNX opset from 7 to 26, got 99");
  }

  @Test
  void passesOnWhatTheRuntimeSays() {
    hand.output(hand.node("NoSuchOperator", List.of(hand.features("x", 2, 3))));
    refused(hand.model().toByteArray(), "ONNX Runtime", "NoSuchOperator");
  }

  @Test
  void saysThatAFileIsMissing() {
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        new OnnxModelInspector()
                            .open(folder.resolve("none.onnx"), Settings.defaults()))
                .getMessage());
    assertTrue(message.contains("none.onnx: expected an ONNX file"), message);
  }
}
