package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.attention4j.api.Attention;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.onnx.Examples.Example;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.ValueInfoProto;
import io.github.attention4j.onnx.runtime.Engine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Exported files, run by ONNX Runtime alone with its own strict shape inference.
final class ExportTests {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> filesStandAloneAndReadBack() {
    return Examples.all().stream()
        .map(example ->
            DynamicTest.dynamicTest(
                example.name(),
                () -> {
                  boolean captures = !example.request().captures().isEmpty();
                  for (String opset : captures ? List.of("17", "21", "24") : List.of("21", "23")) {
                    standsAlone(example, Map.of("opset", opset));
                  }
                  standsAlone(example, Map.of("opset", "24", "dialect", "fused"));
                }));
  }

  /// By what this project knows of the format, for every dialect and operator set.
  @TestFactory
  Stream<DynamicTest> filesHaveTheStructureTheFormatDemands() {
    return Examples.all().stream()
        .map(example ->
            DynamicTest.dynamicTest(
                example.name(),
                () -> {
                  for (boolean fused : new boolean[] {false, true}) {
                    for (int opset = 17; opset <= 24; opset++) {
                      Path file = folder.resolve("structure.onnx");
                      new OnnxExporter()
                          .export(
                              example.request(),
                              Map.of(
                                  "opset",
                                  Integer.toString(opset),
                                  "dialect",
                                  fused ? "fused" : "portable"),
                              file);
                      GraphRules.check(ModelProto.parseFrom(Files.readAllBytes(file)));
                    }
                  }
                }));
  }

  /// By the runtime's rules of types: it has no kernels for bfloat16 on the CPU, but must not find
  /// a file wrong.
  @TestFactory
  Stream<DynamicTest> bfloat16IsWrittenWhereOperatorsTakeIt() {
    return Examples.all().stream()
        .map(example ->
            DynamicTest.dynamicTest(
                example.name(),
                () -> {
                  for (String opset : List.of("17", "24")) {
                    Path file = folder.resolve("bfloat16.onnx");
                    new OnnxExporter()
                        .export(
                            example.request(), Map.of("opset", opset, "dtype", "bfloat16"), file);
                    try (OrtSession session =
                        Engine.sharedEnvironment().createSession(file.toString())) {
                      assertTrue(session.getNumOutputs() > 0);
                    } catch (OrtException refused) {
                      assertEquals(
                          OrtException.OrtErrorCode.ORT_NOT_IMPLEMENTED,
                          refused.getCode(),
                          String.valueOf(refused.getMessage()));
                    }
                  }
                }));
  }

  /// The shape of a value is a vector as long as the value's rank: ONNX Runtime says that length
  /// where it infers the rank.
  @TestFactory
  Stream<DynamicTest> everyRankIsInferred() {
    return Examples.all().stream()
        .map(example ->
            DynamicTest.dynamicTest(
                example.name(),
                () -> {
                  Path file = folder.resolve("ranks.onnx");
                  new OnnxExporter().export(example.request(), Map.of("opset", "24"), file);
                  assertRanksKnown(file);
                }));
  }

  private static void assertRanksKnown(Path file) throws Exception {
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    Map<String, String> values = new HashMap<>();
    for (NodeProto node : List.copyOf(graph.getNodeList())) {
      for (String output : node.getOutputList()) {
        // By the format, a loop may change its states' ranks: what reads them says that ours do
        // not.
        if (!output.isEmpty() && !node.getOpType().equals("Loop")) {
          String shape = "shape of " + output;
          values.put(shape, output);
          graph.addNode(
              NodeProto.newBuilder().setOpType("Shape").addInput(output).addOutput(shape));
          graph.addOutput(ValueInfoProto.newBuilder().setName(shape));
        }
      }
    }
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      options.addConfigEntry("session.strict_shape_type_inference", "1");
      try (OrtSession session =
          Engine.sharedEnvironment().createSession(model.build().toByteArray(), options)) {
        for (Map.Entry<String, NodeInfo> output : session.getOutputInfo().entrySet()) {
          String value = values.get(output.getKey());
          if (value != null) {
            long rank = ((TensorInfo) output.getValue().getInfo()).getShape()[0];
            assertTrue(rank >= 0, () -> "the rank of " + value + " is not inferred");
          }
        }
      }
    }
  }

  @Test
  void filesAreReadableByWhomAnyNewFileIs() throws Exception {
    assumeTrue(Files.getFileStore(folder).supportsFileAttributeView(PosixFileAttributeView.class));
    Path plain = Files.writeString(folder.resolve("plain"), "");
    Path file = folder.resolve("model.onnx");
    new OnnxExporter().export(Examples.all().getFirst().request(), Map.of(), file);
    assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(file));
  }

  private void standsAlone(Example example, Map<String, String> options) throws Exception {
    Path file = folder.resolve("model.onnx");
    new OnnxExporter().export(example.request(), options, file);
    assertEquals(example.request(), ExportedModel.request(file));
    GraphRules.check(ModelProto.parseFrom(Files.readAllBytes(file)));
    Result expected;
    Inputs inputs = example.inputs().getFirst();
    try (Attention reference =
        AttentionProviders.load().named("reference").prepare(example.request())) {
      expected = reference.run(inputs);
    }
    if (!example.name().startsWith("continued")) {
      assertRuns(example.name(), file, inputs, expected.output(), example.tolerance());
    }
  }

  private static void assertRuns(
      String what, Path file, Inputs inputs, Tensor expected, double tolerance) throws Exception {
    OrtEnvironment environment = Engine.sharedEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addConfigEntry("session.strict_shape_type_inference", "1");
      try (OrtSession session = environment.createSession(file.toString(), options)) {
        Map<String, OnnxTensor> from = new HashMap<>();
        for (String name : session.getInputNames()) {
          NdArray array = inputs.get(name);
          int rank = rank(session, name);
          from.put(name, tensor(environment, array, rank));
        }
        try (OrtSession.Result result = session.run(from)) {
          OnnxTensor output = (OnnxTensor) result.get("output").orElseThrow();
          Tensor actual = Tensor.of(output.getFloatBuffer().array(), output.getInfo().getShape());
          Numbers.assertClose(
              what,
              Result.of(Map.of("output", expected)),
              Result.of(Map.of("output", actual)),
              tolerance);
        }
        from.values().forEach(OnnxTensor::close);
      }
    }
  }

  private static int rank(OrtSession session, String name) throws Exception {
    NodeInfo info = Objects.requireNonNull(session.getInputInfo().get(name));
    return ((TensorInfo) info.getInfo()).getShape().length;
  }

  private static OnnxTensor tensor(OrtEnvironment environment, NdArray array, int rank)
      throws Exception {
    long[] sizes = array.shape().toArray();
    long[] padded = new long[rank];
    java.util.Arrays.fill(padded, 1);
    System.arraycopy(sizes, 0, padded, rank - sizes.length, sizes.length);
    ByteBuffer buffer = array.segment().asByteBuffer().order(ByteOrder.nativeOrder());
    OnnxJavaType type =
        switch (array.type()) {
          case FLOAT32 -> OnnxJavaType.FLOAT;
          case INT64 -> OnnxJavaType.INT64;
          case BOOL -> OnnxJavaType.BOOL;
        };
    return OnnxTensor.createTensor(environment, buffer, padded, type);
  }

  @Test
  void parametersBeyondTheThresholdStandInASecondFile() throws Exception {
    Tensor weight = Numbers.normal(1, 16, 16);
    Request request = Request.of(Pairwise.of(new Score.Bilinear(weight)));
    Path file = folder.resolve("large.onnx");
    new OnnxExporter().export(request, Map.of("external_threshold", "100"), file);
    assertEquals(16 * 16 * 4, Files.size(folder.resolve("large.onnx.data")));
    assertEquals(request, ExportedModel.request(file));
    Inputs inputs =
        Inputs.of(
            Numbers.normal(2, 1, 1, 3, 16),
            Numbers.normal(3, 1, 1, 4, 16),
            Numbers.normal(4, 1, 1, 4, 2));
    try (Attention attention = new OnnxProvider().prepare(request)) {
      assertRuns("large", file, inputs, attention.run(inputs).output(), 1e-6);
    }
  }

  @Test
  void narrowTypesRoundAsTheirFormatDoes() throws Exception {
    Request request =
        Request.of(
            Pairwise.of(new Score.Bilinear(Numbers.normal(1, 8, 8)))
                .plus(new Bias.Dense(Inputs.BIAS)));
    Inputs inputs =
        Inputs.of(
                Numbers.uniform(2, 1, 2, 3, 8),
                Numbers.uniform(3, 1, 2, 4, 8),
                Numbers.uniform(4, 1, 2, 4, 2))
            .with(Inputs.BIAS, Numbers.uniform(5, 3, 4));
    Path file = folder.resolve("half.onnx");
    new OnnxExporter().export(request, Map.of("dtype", "float16", "rank.bias", "2"), file);
    try (Attention reference = AttentionProviders.load().named("reference").prepare(request)) {
      // Scores up to about 8 with 11 bits: errors of a few thousandths.
      assertRuns("half", file, inputs, reference.run(inputs).output(), 1e-2);
    }
    new OnnxExporter().export(request, Map.of("dtype", "bfloat16", "io", "dtype"), file);
    GraphRules.check(ModelProto.parseFrom(Files.readAllBytes(file)));
    assertEquals(Pairwise.class, ExportedModel.request(file).mechanism().getClass());
  }

  @Test
  void nothingIsLeftBehindWhenWritingFails() throws IOException {
    Request request = Request.of(Pairwise.of(Score.dot()));
    assertThrows(
        IOException.class,
        () -> new OnnxExporter().export(request, Map.of(), folder.resolve("no/such/folder.onnx")));
    Path occupied = Files.createDirectory(folder.resolve("occupied.onnx"));
    Files.createFile(occupied.resolve("file"));
    assertThrows(IOException.class, () -> new OnnxExporter().export(request, Map.of(), occupied));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(occupied), left.toList());
    }
  }

  @Test
  void unknownOptionsAndForeignFilesAreNamed() throws IOException {
    Request request = Request.of(Pairwise.of(Score.dot()));
    Path file = folder.resolve("m.onnx");
    assertMessage(
        "opset, dialect, dtype",
        () -> new OnnxExporter().unsupported(request, Map.of("opsets", "21")));
    assertMessage("17 to 24", () -> new OnnxExporter().unsupported(request, Map.of("opset", "99")));
    assertMessage(
        "inputs: expected some of",
        () -> {
          try {
            new OnnxExporter().export(request, Map.of("inputs", "state"), file);
          } catch (IOException impossible) {
            throw new AssertionError(impossible);
          }
        });
    assertFalse(Files.exists(file));
    assertThrows(
        java.nio.file.NoSuchFileException.class,
        () -> ExportedModel.request(folder.resolve("missing.onnx")));
    Files.writeString(file, "this is no model");
    assertThrows(IllegalArgumentException.class, () -> ExportedModel.request(file));
    Files.write(file, ModelProto.newBuilder().setIrVersion(10).build().toByteArray());
    assertMessage(
        "metadata",
        () -> {
          try {
            ExportedModel.request(file);
          } catch (IOException impossible) {
            throw new AssertionError(impossible);
          }
        });
  }

  private static void assertMessage(String part, Runnable action) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.toString());
  }
}
