package io.github.attention4j.multimodal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.multimodal.checkpoint.Checkpoint;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import io.github.attention4j.onnx.OnnxExporter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Networks of every architecture as files, run by nothing but ONNX Runtime with its strict shape
 * inference: outputs and maps are those of provider {@code reference}, to what float32 is allowed.
 */
class ExportedNetworkTests {
  /** As against the published float64 results: see {@link Providers}. */
  private static final double TOLERANCE = 1e-4;

  private static final OrtEnvironment ENVIRONMENT =
      OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
  private static final List<Map<String, String>> CHOICES =
      List.of(
          Map.of("opset", "17"),
          Map.of("opset", "20", "dialect", "fused"),
          Map.of("opset", "23"),
          Map.of("opset", "24", "dialect", "fused"));

  @TempDir Path folder;

  static Stream<Arguments> networks() {
    return Stream.of(
            "bert",
            "clip",
            "gpt2",
            "llama",
            "longformer",
            "lxmert",
            "marian",
            "t5",
            "vilbert",
            "vit",
            "whisper")
        .flatMap(family -> CHOICES.stream().map(choices -> Arguments.of(family, choices)));
  }

  private Inputs checkpoint(String family) throws IOException {
    return switch (family) {
      case "vilbert" -> new RandomVilbert(folder).inputs();
      case "longformer" -> {
        LongformerTests.write(folder, "4", 0.3f);
        yield LongformerTests.withGlobal();
      }
      default -> published(family);
    };
  }

  private Inputs published(String family) throws IOException {
    for (String name : List.of("model.safetensors", "config.json")) {
      try (InputStream in =
          Objects.requireNonNull(
              getClass().getResourceAsStream("fixtures/" + family + "/" + name))) {
        Files.copy(in, folder.resolve(name));
      }
    }
    Safetensors io = Providers.resource("fixtures/" + family + "/io.safetensors");
    Inputs inputs = Inputs.none();
    for (String name : io.names()) {
      if (name.startsWith("input.")) {
        inputs = inputs.with(name.substring("input.".length()), io.get(name));
      }
    }
    return inputs;
  }

  @ParameterizedTest
  @MethodSource("networks")
  void filesGiveTheSameOutputsAndMaps(String family, Map<String, String> choices)
      throws IOException, OrtException {
    Inputs inputs = checkpoint(family);
    Network network = ModelRunner.network(Checkpoint.open(folder), inputs.names());
    Path file = folder.resolve("network.onnx");
    new OnnxExporter().export(network, network.attentionNodes(), choices, file);
    Result expected;
    try (ModelRunner runner =
        ModelRunner.load(
            folder, inputs.names(), Execution.on(AttentionProviders.load().named("reference")))) {
      expected = runner.run(inputs);
    }
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addConfigEntry("session.strict_shape_type_inference", "1");
      try (OrtSession session = ENVIRONMENT.createSession(file.toString(), options)) {
        compare(session, inputs, expected);
      }
    }
  }

  private static void compare(OrtSession session, Inputs inputs, Result expected)
      throws OrtException {
    Map<String, OnnxTensor> from = new HashMap<>();
    for (String name : session.getInputNames()) {
      from.put(name, tensor(session, name, inputs));
    }
    try (OrtSession.Result actual = session.run(from)) {
      Set<String> names = new HashSet<>(session.getOutputNames());
      names.removeIf(name -> name.endsWith(".present"));
      assertTrue(expected.arrays().keySet().containsAll(names), names::toString);
      assertTrue(names.size() >= 5, names::toString);
      for (String name : names) {
        assertClose(name, expected.tensor(name), (OnnxTensor) actual.get(name).orElseThrow());
      }
    }
    from.values().forEach(OnnxTensor::close);
  }

  /** What is remembered from before the first step is of length 0. */
  private static OnnxTensor tensor(OrtSession session, String name, Inputs inputs)
      throws OrtException {
    NodeInfo info = Objects.requireNonNull(session.getInputInfo().get(name));
    if (name.equals("past_length")) {
      return OnnxTensor.createTensor(ENVIRONMENT, new long[] {0});
    }
    TensorInfo tensor = (TensorInfo) info.getInfo();
    NdArray given = inputs.find(name);
    long batch = inputs.get(inputs.names().iterator().next()).shape().size(0);
    NdArray array = given != null ? given : Tensor.allocate(batch, 0, tensor.getShape()[2]);
    return OnnxTensor.createTensor(
        ENVIRONMENT,
        array.segment().asByteBuffer().order(ByteOrder.nativeOrder()),
        array.shape().toArray(),
        tensor.type);
  }

  private static void assertClose(String name, Tensor expected, OnnxTensor actual) {
    assertArrayEquals(expected.shape().toArray(), actual.getInfo().getShape(), name);
    float[] values = actual.getFloatBuffer().array();
    for (int i = 0; i < values.length; i++) {
      int at = i;
      assertTrue(
          Math.abs(values[i] - expected.at(i)) <= TOLERANCE,
          () -> name + "[" + at + "]: expected " + expected.at(at) + ", got " + values[at]);
    }
  }
}
