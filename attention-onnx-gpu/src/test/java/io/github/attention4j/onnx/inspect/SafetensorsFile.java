package io.github.attention4j.onnx.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/** Reads the fixtures' tensors; this module does not know the real reader. */
final class SafetensorsFile {
  private SafetensorsFile() {}

  static Map<String, NdArray> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) bytes.getLong();
    JsonNode json = new ObjectMapper().readTree(bytes.array(), 8, header);
    ByteBuffer data = bytes.slice(8 + header, bytes.capacity() - 8 - header);
    Map<String, NdArray> arrays = new TreeMap<>();
    json.properties()
        .forEach(entry -> {
          if (!entry.getKey().equals("__metadata__")) {
            arrays.put(entry.getKey(), array(entry.getValue(), data));
          }
        });
    return arrays;
  }

  private static NdArray array(JsonNode entry, ByteBuffer data) {
    long[] shape =
        StreamSupport.stream(entry.get("shape").spliterator(), false)
            .mapToLong(JsonNode::asLong)
            .toArray();
    int from = entry.get("data_offsets").get(0).asInt();
    int to = entry.get("data_offsets").get(1).asInt();
    ByteBuffer part = data.slice(from, to - from).order(ByteOrder.LITTLE_ENDIAN);
    return switch (entry.get("dtype").asText()) {
      case "F32" -> {
        float[] values = new float[part.remaining() / 4];
        part.asFloatBuffer().get(values);
        yield Tensor.of(values, shape);
      }
      case "I64" -> {
        long[] values = new long[part.remaining() / 8];
        part.asLongBuffer().get(values);
        yield LongTensor.of(values, shape);
      }
      case "I32" -> {
        long[] values = new long[part.remaining() / 4];
        for (int i = 0; i < values.length; i++) {
          values[i] = part.getInt(4 * i);
        }
        yield LongTensor.of(values, shape);
      }
      case "BOOL" -> {
        boolean[] values = new boolean[part.remaining()];
        for (int i = 0; i < values.length; i++) {
          values[i] = part.get(i) != 0;
        }
        yield BooleanTensor.of(values, shape);
      }
      default -> throw new IllegalArgumentException(entry.toString());
    };
  }
}
