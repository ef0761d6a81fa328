package io.github.attention4j.onnx.inspect;

import com.google.protobuf.InvalidProtocolBufferException;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.OperatorSetIdProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// An ONNX file, read and checked, before any runtime sees it.
///
/// @param path where it is
/// @param folder where its external data may be
/// @param bytes its contents
/// @param model the same, parsed
/// @param opset the version of ONNX's own operators
// Carried to the session and merged there, never compared or published.
@SuppressWarnings("ArrayRecordComponent")
record ModelFile(Path path, Path folder, byte[] bytes, ModelProto model, int opset) {
  /** What ONNX Runtime 1.29 reads. */
  static final int LATEST_IR_VERSION = 13;

  private static final int LATEST_OPSET = 26;

  private static final int EARLIEST_OPSET = 7;

  /// Reads a file.
  ///
  /// @throws IllegalArgumentException if it is no ONNX model or one that is refused
  static ModelFile read(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException(path + ": expected an ONNX file, got no file");
    }
    long size = Files.size(path);
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          path
              + ": expected at most 2 GiB (larger models keep their weights in external data), got "
              + size
              + " bytes");
    }
    byte[] bytes = Files.readAllBytes(path);
    ModelProto model;
    try {
      model = ModelProto.parseFrom(bytes);
    } catch (InvalidProtocolBufferException corrupt) {
      throw new IllegalArgumentException(
          path + ": expected an ONNX model, got bytes that are none: " + corrupt.getMessage(),
          corrupt);
    }
    check(path, model);
    ExternalData external = new ExternalData(path);
    external.check(model);
    ModelFile read = new ModelFile(path, external.folder(), bytes, model, opset(path, model));
    return model.getFunctionsCount() == 0 ? read : read.with(unfolded(path, model));
  }

  private static ModelProto unfolded(Path path, ModelProto model) {
    try {
      return Functions.unfolded(model);
    } catch (IllegalArgumentException refused) {
      throw new IllegalArgumentException(path + ": " + refused.getMessage(), refused);
    }
  }

  /// The same with another graph; the file itself stays as it is.
  ModelFile with(GraphProto graph) {
    return with(model.toBuilder().setGraph(graph).build());
  }

  private ModelFile with(ModelProto other) {
    return new ModelFile(path, folder, other.toByteArray(), other, opset);
  }

  private static void check(Path path, ModelProto model) {
    if (!model.hasGraph() || model.getGraph().getNodeCount() == 0) {
      throw new IllegalArgumentException(
          path
              + ": expected an ONNX model, got one without a graph ("
              + model.getSerializedSize()
              + " bytes)");
    }
    if (model.getIrVersion() < 3 || model.getIrVersion() > LATEST_IR_VERSION) {
      throw new IllegalArgumentException(
          path
              + ": expected an ONNX IR version from 3 to "
              + LATEST_IR_VERSION
              + ", got "
              + model.getIrVersion());
    }
  }

  private static int opset(Path path, ModelProto model) {
    long version = 0;
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      if (opset.getDomain().isEmpty() || opset.getDomain().equals("ai.onnx")) {
        version = opset.getVersion();
      }
    }
    boolean imported =
        model.getOpsetImportList().stream()
            .anyMatch(opset -> opset.getDomain().isEmpty() || opset.getDomain().equals("ai.onnx"));
    if (imported && (version < EARLIEST_OPSET || version > LATEST_OPSET)) {
      throw new IllegalArgumentException(
          path
              + ": expected an ONNX opset from "
              + EARLIEST_OPSET
              + " to "
              + LATEST_OPSET
              + ", got "
              + version);
    }
    return (int) version;
  }
}
