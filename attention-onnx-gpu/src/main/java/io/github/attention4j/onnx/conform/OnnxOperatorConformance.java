package io.github.attention4j.onnx.conform;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.spi.OperatorConformance;
import io.github.attention4j.onnx.conform.NodeMapping.Ran;
import io.github.attention4j.onnx.conform.NodeMapping.RefusedException;
import io.github.attention4j.onnx.inspect.Elements;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import io.github.attention4j.onnx.runtime.Engine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs the node tests that ONNX publishes: an attention operator on a provider, the graph of
/// primitive operators that defines it on ONNX Runtime.
public final class OnnxOperatorConformance implements OperatorConformance {
  /** What ONNX Runtime 1.29 knows. */
  private static final int LATEST_OPSET = 26;

  /// A runner; does no work.
  public OnnxOperatorConformance() {}

  @Override
  public String format() {
    return "onnx";
  }

  @Override
  public List<Path> find(Path folder) throws IOException {
    return NodeTest.find(folder);
  }

  @Override
  public Verdict judge(Path folder, AttentionProvider provider) throws IOException {
    NodeTest test;
    try {
      test = NodeTest.read(folder);
    } catch (IndexOutOfBoundsException tooShort) {
      throw new IllegalArgumentException(
          folder + ": expected tensors with as many elements as their sizes say", tooShort);
    }
    NodeProto node = test.onlyNode();
    String operators =
        node == null
            ? "graph of " + test.model().getGraph().getNodeCount() + " nodes"
            : node.getOpType();
    try {
      Ran ran;
      if (node == null) {
        ran = runGraph(test);
      } else {
        NodeMapping mapping = NodeMapping.of(node);
        if (mapping == null) {
          throw new RefusedException(node.getOpType() + " is no attention that is described here");
        }
        ran = mapping.run(test, node, provider);
      }
      return Comparison.of(test, operators, ran);
    } catch (RefusedException refused) {
      return new Verdict(
          test.name(),
          operators,
          "",
          Outcome.REFUSED,
          Double.NaN,
          String.valueOf(refused.getMessage()),
          Map.of());
    }
  }

  /**
   * The model with its opset lowered to the latest that the runtime knows: the operators that the
   * definitions of newer ones are made of have not changed since.
   */
  private static ModelProto known(ModelProto model) {
    ModelProto.Builder lowered = model.toBuilder();
    for (OperatorSetIdProto.Builder opset : lowered.getOpsetImportBuilderList()) {
      if (opset.getDomain().isEmpty() && opset.getVersion() > LATEST_OPSET) {
        opset.setVersion(LATEST_OPSET);
      }
    }
    return lowered.build();
  }

  private static Ran runGraph(NodeTest test) {
    List<OnnxTensor> open = new ArrayList<>();
    OrtEnvironment environment = Engine.sharedEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      try (OrtSession session =
          environment.createSession(known(test.model()).toByteArray(), options)) {
        Map<String, OnnxTensor> fed = new HashMap<>();
        for (var input : session.getInputInfo().entrySet()) {
          NdArray array = test.inputs().get(input.getKey());
          if (array != null && input.getValue().getInfo() instanceof TensorInfo info) {
            OnnxTensor tensor = Elements.tensor(environment, input.getKey(), array, info);
            open.add(tensor);
            fed.put(input.getKey(), tensor);
          }
        }
        Map<String, NdArray> outputs = new LinkedHashMap<>();
        try (OrtSession.Result result = session.run(fed)) {
          for (Map.Entry<String, OnnxValue> output : result) {
            if (output.getValue() instanceof OnnxTensor tensor) {
              NdArray array = Elements.array(tensor);
              if (array != null) {
                outputs.put(output.getKey(), array);
              }
            }
          }
        }
        return new Ran("ONNX Runtime " + environment.getVersion(), outputs);
      }
    } catch (OrtException refused) {
      String message = String.valueOf(refused.getMessage());
      throw new RefusedException("ONNX Runtime: " + message.lines().findFirst().orElse(message));
    } finally {
      open.forEach(OnnxTensor::close);
    }
  }
}
