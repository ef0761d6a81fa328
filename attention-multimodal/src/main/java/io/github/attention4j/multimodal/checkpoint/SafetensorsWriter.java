package io.github.attention4j.multimodal.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.NdArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// Writes arrays as a safetensors file that every reader of the format takes.
///
/// Tensors are laid out by falling element size, then by name, and the header is padded to 8 bytes,
/// so that every tensor is aligned in the file, as the reference implementation does. Same arrays,
/// same bytes.
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final long CHUNK = 1 << 26;

  private SafetensorsWriter() {}

  /// Writes the file; it appears whole or not at all.
  ///
  /// @param arrays by name
  /// @param metadata free text, may be empty
  /// @throws IllegalArgumentException if a tensor has the reserved name `__metadata__`
  public static void write(
      Path file, Map<String, ? extends NdArray> arrays, Map<String, String> metadata)
      throws IOException {
    if (arrays.containsKey(Safetensors.METADATA)) {
      throw new IllegalArgumentException(
          "arrays: expected names of tensors, got the reserved name " + Safetensors.METADATA);
    }
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new UnsupportedOperationException(
          "safetensors is written on little-endian machines only");
    }
    List<Map.Entry<String, NdArray>> ordered =
        arrays.entrySet().stream()
            .map(entry -> Map.entry(entry.getKey(), (NdArray) entry.getValue()))
            .sorted(
                Comparator.comparingInt(
                        (Map.Entry<String, NdArray> entry) -> -entry.getValue().type().bytes())
                    .thenComparing(Map.Entry::getKey))
            .toList();
    byte[] header = header(ordered, metadata);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, length.putLong(0, header.length));
          writeFully(channel, ByteBuffer.wrap(header));
          for (Map.Entry<String, NdArray> entry : ordered) {
            write(channel, entry.getValue().segment());
          }
        });
  }

  private static byte[] header(
      List<Map.Entry<String, NdArray>> arrays, Map<String, String> metadata) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(Safetensors.METADATA);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long begin = 0;
      for (Map.Entry<String, NdArray> entry : arrays) {
        NdArray array = entry.getValue();
        long end = begin + array.segment().byteSize();
        json.writeObjectFieldStart(entry.getKey());
        json.writeStringField("dtype", dtype(array.type()).name());
        json.writeFieldName("shape");
        json.writeArray(array.shape().toArray(), 0, array.shape().rank());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, end}, 0, 2);
        json.writeEndObject();
        begin = end;
      }
      json.writeEndObject();
    }
    while (bytes.size() % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > SafetensorsHeader.LONGEST) {
      throw new IllegalArgumentException(
          "arrays: expected names and metadata that fit a header of "
              + SafetensorsHeader.LONGEST
              + " bytes, got "
              + bytes.size());
    }
    return bytes.toByteArray();
  }

  private static Dtype dtype(ElementType type) {
    return switch (type) {
      case FLOAT32 -> Dtype.F32;
      case INT64 -> Dtype.I64;
      case BOOL -> Dtype.BOOL;
    };
  }

  static void write(FileChannel channel, MemorySegment segment) throws IOException {
    for (long at = 0; at < segment.byteSize(); at += CHUNK) {
      long size = Math.min(CHUNK, segment.byteSize() - at);
      writeFully(channel, segment.asSlice(at, size).asByteBuffer());
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
