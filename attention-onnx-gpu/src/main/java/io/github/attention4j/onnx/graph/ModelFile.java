package io.github.attention4j.onnx.graph;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.TensorProto;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/// A graph written as a file, or as a file and its external data.
public final class ModelFile {
  /// A message of protocol buffers ends at 2 GiB; this leaves room for the graph itself.
  public static final long LARGEST_MESSAGE = (2L << 30) - (64L << 20);

  /// What external data are aligned to, so that runtimes can map them.
  private static final int ALIGNMENT = 4096;

  private ModelFile() {}

  /// Writes a graph beside its place and moves it there. Parameters go into the file, or, where
  /// they would make it larger than `threshold` bytes, into a second file of the same name with
  /// `.data` added.
  public static void write(
      Graph graph, String name, String doc, Map<String, String> metadata, Path file, long threshold)
      throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(file.toString(), null, "there is no folder to write it into");
    }
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "expected a file, got a folder");
    }
    ModelProto.Builder model = graph.model(name, doc);
    metadata.forEach((key, value) -> model.addMetadataProps(SessionModel.entry(key, value)));
    long size = 0;
    for (NdArray array : graph.parameters().values()) {
      size += array.shape().elements() * graph.stored(array).bytes();
    }
    Path data = folder.resolve(file.getFileName() + ".data");
    try (PartFile part = new PartFile(file.toAbsolutePath())) {
      if (size > threshold) {
        try (PartFile outside = new PartFile(data)) {
          writeOutside(
              graph, model.getGraphBuilder(), data.getFileName().toString(), outside.path());
          write(model.build(), part.path());
          outside.moveToItsPlace();
        }
      } else {
        graph
            .parameters()
            .forEach((parameter, array) -> {
              Type type = graph.stored(array);
              model
                  .getGraphBuilder()
                  .addInitializer(
                      SessionModel.header(parameter, type, array).setRawData(type.encode(array)));
            });
        write(model.build(), part.path());
      }
      part.moveToItsPlace();
    }
  }

  private static void write(ModelProto model, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      model.writeTo(out);
    }
  }

  private static void writeOutside(Graph graph, GraphProto.Builder main, String location, Path data)
      throws IOException {
    long offset = 0;
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(data))) {
      for (Map.Entry<String, NdArray> each : graph.parameters().entrySet()) {
        NdArray array = each.getValue();
        Type type = graph.stored(array);
        long length = array.shape().elements() * type.bytes();
        long padding = Math.floorMod(-offset, ALIGNMENT);
        out.write(new byte[(int) padding]);
        offset += padding;
        for (long from = 0; from < array.shape().elements(); from += type.chunk()) {
          type.encode(array, from, Math.min(type.chunk(), array.shape().elements() - from))
              .writeTo(out);
        }
        main.addInitializer(
            SessionModel.header(each.getKey(), type, array)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(SessionModel.entry("location", location))
                .addExternalData(SessionModel.entry("offset", Long.toString(offset)))
                .addExternalData(SessionModel.entry("length", Long.toString(length))));
        offset += length;
      }
    }
  }
}
