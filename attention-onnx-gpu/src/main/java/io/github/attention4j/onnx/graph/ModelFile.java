package io.github.attention4j.onnx.graph;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.onnx.proto.GraphProto;
import io.github.attention4j.onnx.proto.ModelProto;
import io.github.attention4j.onnx.proto.TensorProto;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

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
      throw new IOException(file + ": there is no folder " + folder);
    }
    ModelProto.Builder model = graph.model(name, doc);
    metadata.forEach((key, value) -> model.addMetadataProps(SessionModel.entry(key, value)));
    long size = 0;
    for (NdArray array : graph.parameters().values()) {
      size += array.shape().elements() * graph.stored(array).bytes();
    }
    Path data = folder.resolve(file.getFileName() + ".data");
    Path temporaryData = null;
    Path temporary = part(folder, file);
    try {
      if (size > threshold) {
        temporaryData = part(folder, data);
        writeOutside(graph, model.getGraphBuilder(), data.getFileName().toString(), temporaryData);
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
      }
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
        model.build().writeTo(out);
      }
      if (temporaryData != null) {
        move(temporaryData, data);
      }
      move(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
      if (temporaryData != null) {
        Files.deleteIfExists(temporaryData);
      }
    }
  }

  /// A new file beside another, readable by whom any new file is: temporary files of the platform
  /// are their owner's alone, and would stay so after the move.
  private static Path part(Path folder, Path file) throws IOException {
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    return Files.createFile(folder.resolve("." + file.getFileName() + "." + unique + ".part"));
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

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
