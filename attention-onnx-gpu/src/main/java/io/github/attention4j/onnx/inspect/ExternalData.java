package io.github.attention4j.onnx.inspect;

import io.github.attention4j.onnx.proto.AttributeProto;
import io.github.attention4j.onnx.proto.FunctionProto;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.NodeProto;
import io.github.attention4j.onnx.proto.SparseTensorProto;
import io.github.attention4j.onnx.proto.StringStringEntryProto;
import io.github.attention4j.onnx.proto.TensorProto;
import io.github.attention4j.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Refuses tensors that claim data which is not theirs: outside the model's folder, or more than
/// there is.
///
/// Every tensor of the file is looked at, wherever it stands: initialisers, attributes, subgraphs,
/// functions, sparse tensors and training graphs.
final class ExternalData {
  private final Path file;
  private final Path folder;
  private final Map<String, Path> resolved = new HashMap<>();

  ExternalData(Path file) throws IOException {
    this.file = file;
    Path parent = file.toAbsolutePath().getParent();
    this.folder = (parent == null ? file.toAbsolutePath().getRoot() : parent).toRealPath();
  }

  /// The folder that external data may lie in.
  Path folder() {
    return folder;
  }

  /// Checks every tensor of the model.
  ///
  /// @throws IllegalArgumentException for the first one that is refused
  void check(ModelProto model) throws IOException {
    check(model.getGraph());
    for (var training : model.getTrainingInfoList()) {
      check(training.getInitialization());
      check(training.getAlgorithm());
    }
    for (FunctionProto function : model.getFunctionsList()) {
      for (NodeProto node : function.getNodeList()) {
        check(node);
      }
      for (AttributeProto attribute : function.getAttributeProtoList()) {
        check(attribute);
      }
    }
  }

  private void check(GraphProto graph) throws IOException {
    for (TensorProto tensor : graph.getInitializerList()) {
      check(tensor);
    }
    for (SparseTensorProto tensor : graph.getSparseInitializerList()) {
      check(tensor);
    }
    for (NodeProto node : graph.getNodeList()) {
      check(node);
    }
  }

  private void check(NodeProto node) throws IOException {
    for (AttributeProto attribute : node.getAttributeList()) {
      check(attribute);
    }
  }

  private void check(AttributeProto attribute) throws IOException {
    if (attribute.hasT()) {
      check(attribute.getT());
    }
    for (TensorProto tensor : attribute.getTensorsList()) {
      check(tensor);
    }
    if (attribute.hasSparseTensor()) {
      check(attribute.getSparseTensor());
    }
    for (SparseTensorProto tensor : attribute.getSparseTensorsList()) {
      check(tensor);
    }
    if (attribute.hasG()) {
      check(attribute.getG());
    }
    for (GraphProto graph : attribute.getGraphsList()) {
      check(graph);
    }
  }

  private void check(SparseTensorProto tensor) throws IOException {
    check(tensor.getValues());
    check(tensor.getIndices());
  }

  private void check(TensorProto tensor) throws IOException {
    long bytes = bytes(tensor);
    boolean external = tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    if (!external && tensor.getExternalDataCount() > 0) {
      throw refused(tensor, "external data only where data_location is EXTERNAL", "both kinds");
    }
    if (external) {
      checkExternal(tensor, bytes);
    } else if (tensor.hasRawData() && bytes >= 0 && tensor.getRawData().size() != bytes) {
      throw refused(
          tensor,
          bytes + " bytes for " + tensor.getDimsList(),
          tensor.getRawData().size() + " bytes");
    }
  }

  /** How many bytes the tensor must have; -1 if its type is not known here. */
  private long bytes(TensorProto tensor) {
    long bits = bits(tensor);
    long elements = 1;
    try {
      for (long size : tensor.getDimsList()) {
        if (size < 0) {
          throw refused(tensor, "sizes >= 0", tensor.getDimsList().toString());
        }
        elements = Math.multiplyExact(elements, size);
      }
      return bits < 0 ? -1 : Math.ceilDiv(Math.multiplyExact(elements, bits), 8);
    } catch (ArithmeticException overflow) {
      throw refused(tensor, "a size that fits 64 bits", tensor.getDimsList().toString());
    }
  }

  private static long bits(TensorProto tensor) {
    @Nullable DataType type = DataType.forNumber(tensor.getDataType());
    return switch (type) {
      case null -> -1;
      case UNDEFINED, STRING -> -1;
      case UINT8, INT8, BOOL -> 8;
      case UINT16, INT16, FLOAT16, BFLOAT16 -> 16;
      case FLOAT, INT32, UINT32 -> 32;
      case DOUBLE, INT64, UINT64, COMPLEX64 -> 64;
      case COMPLEX128 -> 128;
    };
  }

  private void checkExternal(TensorProto tensor, long bytes) throws IOException {
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      if (entries.put(entry.getKey(), entry.getValue()) != null) {
        throw refused(tensor, "each key of external data once", "'" + entry.getKey() + "' again");
      }
    }
    String location = entries.get("location");
    if (location == null || location.isEmpty()) {
      throw refused(tensor, "a location of its external data", "none");
    }
    Path target = resolved.get(location);
    if (target == null) {
      target = resolve(tensor, location);
      resolved.put(location, target);
    }
    long size = Files.size(target);
    long offset = number(tensor, entries, "offset", 0);
    long length = number(tensor, entries, "length", bytes >= 0 ? bytes : size - offset);
    if (offset > size || length > size - offset) {
      throw refused(
          tensor,
          "external data within the " + size + " bytes of '" + location + "'",
          "offset " + offset + ", length " + length);
    }
    if (bytes >= 0 && length != bytes) {
      throw refused(
          tensor, bytes + " bytes for " + tensor.getDimsList(), "external data of " + length);
    }
  }

  private Path resolve(TensorProto tensor, String location) throws IOException {
    Path relative;
    try {
      relative = Path.of(location);
    } catch (InvalidPathException invalid) {
      throw refused(tensor, "a path", "location '" + location + "'");
    }
    String expected = "external data in a file of the model's folder";
    if (relative.isAbsolute()
        || relative.getRoot() != null
        || location.indexOf('\\') >= 0
        || !folder.resolve(relative).normalize().startsWith(folder)) {
      throw refused(tensor, expected, "location '" + location + "'");
    }
    for (Path part : relative) {
      if (part.toString().equals("..")) {
        throw refused(tensor, expected, "location '" + location + "'");
      }
    }
    Path target = folder.resolve(relative);
    if (!Files.isRegularFile(target)) {
      throw refused(tensor, expected, "location '" + location + "', which is no file");
    }
    if (!target.toRealPath().startsWith(folder)) {
      throw refused(tensor, expected, "location '" + location + "', which is a link out of it");
    }
    if (names(target) > 1) {
      throw refused(
          tensor,
          expected,
          "location '"
              + location
              + "', which has another name elsewhere (a hard link): a copy of it is read");
    }
    return target;
  }

  /** Under how many names a file is known; 1 where the file system does not say. */
  private static int names(Path target) throws IOException {
    return target.getFileSystem().supportedFileAttributeViews().contains("unix")
            && Files.getAttribute(target, "unix:nlink") instanceof Integer names
        ? names
        : 1;
  }

  private long number(TensorProto tensor, Map<String, String> entries, String key, long otherwise) {
    String text = entries.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, with the text.
    }
    throw refused(tensor, key + " of external data: a number >= 0", "'" + text + "'");
  }

  private IllegalArgumentException refused(TensorProto tensor, String expected, String actual) {
    return new IllegalArgumentException(
        file + ": tensor '" + tensor.getName() + "': expected " + expected + ", got " + actual);
  }
}
