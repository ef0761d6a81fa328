package io.github.attention4j.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.github.attention4j.api.Description;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.onnx.graph.Type;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.StringStringEntryProto;
import io.github.attention4j.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// Reads descriptions back from files that [OnnxExporter] wrote: the text from the metadata, the
/// parameters from the initialisers. Parameters stored in a narrower type come back rounded.
public final class ExportedModel {
  private ExportedModel() {}

  /// The request a file was written from.
  ///
  /// @throws IllegalArgumentException if it is no ONNX file or has no request
  public static Request request(Path file) throws IOException {
    return read(file, OnnxExporter.REQUEST).read(Request.class);
  }

  /// The network a file was written from.
  ///
  /// @throws IllegalArgumentException if it is no ONNX file or has no network
  public static Network network(Path file) throws IOException {
    return read(file, OnnxExporter.NETWORK).read(Network.class);
  }

  private static Description read(Path file, String key) throws IOException {
    ModelProto model;
    try (InputStream in = Files.newInputStream(file)) {
      model = ModelProto.parseFrom(in);
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalArgumentException(
          file + ": expected an ONNX model, got other bytes", broken);
    }
    String json =
        model.getMetadataPropsList().stream()
            .filter(entry -> entry.getKey().equals(key))
            .map(StringStringEntryProto::getValue)
            .findFirst()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    file
                        + ": expected metadata '"
                        + key
                        + "', got "
                        + model.getMetadataPropsList().stream()
                            .map(StringStringEntryProto::getKey)
                            .toList()));
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      if (json.contains("\"" + tensor.getName() + "\"")) {
        Shape shape = Shape.of(tensor.getDimsList().stream().mapToLong(Long::longValue).toArray());
        arrays.put(
            tensor.getName(),
            Type.ofNumber(tensor.getDataType()).decode(data(file, tensor), shape));
      }
    }
    try {
      return new Description(new ObjectMapper().readValue(json, Object.class), arrays);
    } catch (JsonProcessingException broken) {
      throw new IllegalArgumentException(
          file + ": expected JSON under '" + key + "': " + broken.getOriginalMessage(), broken);
    }
  }

  private static ByteString data(Path file, TensorProto tensor) throws IOException {
    if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      return tensor.getRawData();
    }
    Map<String, String> place = new LinkedHashMap<>();
    tensor.getExternalDataList().forEach(entry -> place.put(entry.getKey(), entry.getValue()));
    Path location = file.resolveSibling(place.getOrDefault("location", "")).normalize();
    if (!location.toAbsolutePath().startsWith(file.toAbsolutePath().normalize().getParent())) {
      throw new IllegalArgumentException(
          file + ": " + tensor.getName() + ": expected data beside the file, got " + location);
    }
    long offset = Long.parseLong(place.getOrDefault("offset", "0"));
    int length = Math.toIntExact(Long.parseLong(place.getOrDefault("length", "0")));
    try (SeekableByteChannel channel = Files.newByteChannel(location)) {
      InputStream in = Channels.newInputStream(channel.position(offset));
      return ByteString.readFrom(new java.io.ByteArrayInputStream(in.readNBytes(length)));
    }
  }
}
