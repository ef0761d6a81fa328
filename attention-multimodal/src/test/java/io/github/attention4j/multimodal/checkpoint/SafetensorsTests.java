package io.github.attention4j.multimodal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTests {
  @TempDir Path folder;

  static byte[] file(String header, byte... data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  private static String refusal(byte[] bytes) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Safetensors.of("x.safetensors", bytes));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.startsWith("x.safetensors: "), message);
    assertFalse(message.contains("\n"), message);
    return message;
  }

  private static void refused(String header, int data, String expected) {
    String message = refusal(file(header, new byte[data]));
    assertTrue(message.contains(expected), () -> message + "\nexpected: " + expected);
  }

  private static Map<String, NdArray> arrays() {
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    arrays.put("mask", BooleanTensor.of(new boolean[] {true, false, true}, 3));
    arrays.put("ids", LongTensor.of(new long[] {Long.MIN_VALUE, -1, 7, Long.MAX_VALUE}, 2, 2));
    arrays.put(
        "weights", Tensor.of(new float[] {1.5f, Float.NaN, -0f, Float.MIN_VALUE, 2, 3}, 2, 3));
    arrays.put("empty", Tensor.allocate(0, 5));
    arrays.put("scalar", Tensor.of(new float[] {42}));
    arrays.put("naïve \"name\"\n", LongTensor.allocate(0));
    return arrays;
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(file, arrays(), Map.of("model", "tiny", "ünïcode", "\u0000\"\\"));
    Safetensors read = Safetensors.open(file);
    assertEquals(arrays(), read.all());
    assertEquals(Map.of("model", "tiny", "ünïcode", "\u0000\"\\"), read.metadata());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    byte[] first = Files.readAllBytes(file);
    assertEquals(0, (8 + ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong(0)) % 8);
    SafetensorsWriter.write(file, arrays(), Map.of("model", "tiny", "ünïcode", "\u0000\"\\"));
    assertArrayEquals(first, Files.readAllBytes(file));
  }

  @Test
  void anEmptyFileOfArraysIsLegal() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(file, Map.of(), Map.of());
    assertEquals(Map.of(), Safetensors.open(file).all());
  }

  @Test
  void everyTypeIsReadAsTheArrayItFits() {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(0.1).putLong(-5).putFloat(0.25f).putInt(-2).putInt(-1);
    data.putShort(Float.floatToFloat16(1.5f)).putShort((short) 0xC0A0).putShort((short) -3);
    data.putShort((short) 0xFFFF).put((byte) -1).put((byte) -1).put((byte) 1);
    int size = data.position();
    String[] types = {
      "F64", "I64", "F32", "I32", "U32", "F16", "BF16", "I16", "U16", "U8", "I8", "BOOL"
    };
    int[] sizes = {8, 8, 4, 4, 4, 2, 2, 2, 2, 1, 1, 1};
    StringBuilder header = new StringBuilder("{");
    for (int i = 0, at = 0; i < types.length; at += sizes[i++]) {
      header.append(i == 0 ? "" : ",").append(entry(types[i], types[i], "1", at, at + sizes[i]));
    }
    Safetensors file = Safetensors.of("x", file(header + "}", Arrays.copyOf(data.array(), size)));
    assertEquals(Tensor.of(new float[] {0.1f}, 1), file.get("F64"));
    assertEquals(0.1, file.doubles("F64")[0]);
    assertEquals(-5, file.longs("I64").at(0));
    assertEquals(0.25f, file.tensor("F32").at(0));
    assertEquals(-2, file.longs("I32").at(0));
    assertEquals(4294967295L, file.longs("U32").at(0));
    assertEquals(1.5f, file.tensor("F16").at(0));
    assertEquals(-5f, file.tensor("BF16").at(0));
    assertEquals(-3, file.longs("I16").at(0));
    assertEquals(65535, file.longs("U16").at(0));
    assertEquals(255, file.longs("U8").at(0));
    assertEquals(-1, file.longs("I8").at(0));
    assertTrue(file.booleans("BOOL").at(0));
    assertThrows(IllegalArgumentException.class, () -> file.tensor("I64"));
    assertThrows(IllegalArgumentException.class, () -> file.longs("F32"));
    assertThrows(IllegalArgumentException.class, () -> file.booleans("U8"));
    assertEquals(
        "x: expected a tensor 'none', there is none",
        assertThrows(IllegalArgumentException.class, () -> file.get("none")).getMessage());
  }

  @Test
  void float32IsNotCopiedWhereItIsAligned() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(file, Map.of("a", Tensor.of(new float[] {1, 2}, 2)), Map.of());
    Safetensors mapped = Safetensors.open(file);
    assertEquals(mapped.tensor("a").segment().address(), mapped.tensor("a").segment().address());
    assertTrue(mapped.tensor("a").segment().isReadOnly());
    // One space more, and the data is no longer aligned.
    Safetensors shifted =
        Safetensors.of("x", file("{" + entry("a", "F32", "1", 0, 4) + "}" + " ", 0, 0, 0x20, 0x41));
    assertEquals(10f, shifted.tensor("a").at(0));
  }

  private static byte[] file(String header, int... data) {
    byte[] bytes = new byte[data.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) data[i];
    }
    return file(header, bytes);
  }

  private static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  @Test
  void aTruncatedFileIsRefusedAtEveryByte() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(file, arrays(), Map.of("a", "b"));
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length++) {
      refusal(Arrays.copyOf(bytes, length));
    }
    refusal(Arrays.copyOf(bytes, bytes.length + 1));
  }

  @Test
  void damagedHeadersAreRefusedOrReadButNeverLeaveTheFile() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(file, arrays(), Map.of("a", "b"));
    byte[] bytes = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = bytes.clone();
      damaged[random.nextInt(Math.min(bytes.length, 400))] = (byte) random.nextInt(256);
      try {
        Safetensors read = Safetensors.of("x", damaged);
        for (String name : read.names()) {
          assertTrue(read.entry(name).end() <= bytes.length);
          read.get(name);
        }
      } catch (IllegalArgumentException refused) {
        assertFalse(String.valueOf(refused.getMessage()).contains("\n"), refused.getMessage());
      }
    }
  }

  @Test
  void sizesOfTheHeader() {
    ByteBuffer eight = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    assertTrue(refusal(eight.putLong(0, 100_000_000).array()).contains("ends after 8"));
    assertTrue(refusal(eight.putLong(0, 100_000_001).array()).contains("at most 100000000"));
    assertTrue(refusal(eight.putLong(0, -1).array()).contains("18446744073709551615"));
    assertTrue(refusal(eight.putLong(0, 9).array()).contains("ends after 8"));
    assertTrue(refusal(eight.putLong(0, 0).array()).contains("begin with '{'"));
    assertTrue(refusal(new byte[7]).contains("7 bytes"));
  }

  @Test
  void jsonThatIsNoHeader() {
    refused("[]", 0, "begin with '{'");
    refused(" {}", 0, "begin with '{'");
    refused("{} {}", 0, "more follows");
    refused("{}\u0000", 0, "valid JSON");
    refused("{\"a\":1}", 0, "tensor 'a': expected an object, got VALUE_NUMBER_INT");
    refused("{\"a\":null}", 0, "tensor 'a': expected an object");
    refused("{\"a\":{}}", 0, "one is missing");
    refused("{\"__metadata__\":[]}", 0, "__metadata__: expected an object");
    refused("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: expected a string for 'a'");
    refused("{\"a\":" + "[".repeat(5000), 0, "");
    refused("{\"a\":{\"x\":" + "[".repeat(5000), 0, "valid JSON");
    byte[] latin = file("{\"é\":{}}".replace('é', 'x'));
    latin[10] = (byte) 0xE9;
    assertTrue(refusal(latin).contains("UTF-8"));
  }

  @Test
  void duplicates() {
    String a = entry("a", "U8", "1", 0, 1);
    refused("{" + a + "," + a + "}", 1, "Duplicate field 'a'");
    refused(
        "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        1,
        "Duplicate");
    refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "Duplicate");
    refused("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "Duplicate");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // dtype | shape | data_offsets | what the message says
        "F32  | 2     | 0,4    | expected 8 whole bytes for F32 [2], got 4",
        "F32  | -1    | 0,4    | whole numbers from 0 to 2^63 - 1 in shape, got -1",
        "F32  | 1.0   | 0,4    | in shape, got VALUE_NUMBER_FLOAT",
        "F32  | #1#   | 0,4    | in shape, got VALUE_STRING",
        "F32  | 1     | -4,0   | in data_offsets, got -4",
        "F32  | 1     | 4,0    | expected data_offsets [begin, end], got [4, 0]",
        "F32  | 1     | 0      | expected data_offsets [begin, end], got [0]",
        "F32  | 1     | 0,4,8  | expected data_offsets [begin, end]",
        "F32  | 1     | 0,18446744073709551620 | got 18446744073709551620",
        "F32  | 1     | 9223372036854775804,9223372036854775807 | expected 4 whole bytes",
        "U8   | 7     | 9223372036854775800,9223372036854775807 | within the 4 bytes of data",
        "F32  | 4194305,4194305,211106198978564 | 0,4 | overflows",
        "F32  | 4611686018427387905 | 0,4 | overflows",
        "F32  | 1     | 1,5    | within the 4 bytes of data in the file, got [1, 5]",
        "U8   | 3     | 1,4    | expected data_offsets to begin at 0",
        "U8   | 3     | 0,3    | end with the last tensor at 3, got 4 bytes",
        "F33  | 1     | 0,4    | got 'F33'",
        "f32  | 1     | 0,4    | got 'f32'",
        "F4   | 3     | 0,1    | expected 2 whole bytes for F4 [3]",
      })
  void nonsenseInATensor(String dtype, String shape, String offsets, String expected) {
    String header =
        "{\"a\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%s]}}"
            .formatted(dtype, shape.replace('#', '"'), offsets);
    refused(header, 4, expected);
  }

  @Test
  void tensorsMustCoverTheDataOnce() {
    String a = entry("a", "U8", "4", 0, 4);
    refused(
        "{" + a + "," + entry("b", "U8", "4", 2, 6) + "}",
        6,
        "tensor 'b': expected data_offsets to begin at 4, where the tensor before it ends, got 2 (they overlap)");
    refused("{" + a + "," + entry("b", "U8", "4", 0, 4) + "}", 4, "overlap");
    refused("{" + a + "," + entry("b", "U8", "1", 5, 6) + "}", 6, "belong to none");
    refused("{" + a + "}", 5, "got 5 bytes");
    refused("{}", 1, "got 1 bytes");
  }

  @Test
  void anEmptyTensorMayStandOnlyBetweenOthers() {
    String a = entry("a", "U8", "4", 0, 4);
    String b = entry("b", "U8", "4", 4, 8);
    for (int at : new int[] {0, 4, 8}) {
      String e = entry("e", "F32", "0,3", at, at);
      String f = entry("f", "F32", "0", at, at);
      Safetensors read =
          Safetensors.of("x", file("{" + e + "," + b + "," + f + "," + a + "}", new byte[8]));
      assertEquals(Shape.of(0, 3), assertInstanceOf(Tensor.class, read.get("e")).shape());
    }
    for (int at : new int[] {2, 6}) {
      refused("{" + a + "," + b + "," + entry("e", "F32", "0", at, at) + "}", 8, "overlap");
    }
    refused("{" + a + "," + b + "," + entry("e", "F32", "0", 9, 9) + "}", 8, "within the 8 bytes");
  }

  @Test
  void hostileNamesMakeOneLine() {
    refused("{\"a\\nb\":1}", 0, "tensor 'a?b'");
    refused("{\"" + "x".repeat(1000) + "\":1}", 0, "xxx…'");
  }

  @Test
  void whatIsNoFile() {
    assertThrows(IOException.class, () -> Safetensors.open(folder.resolve("none")));
    assertThrows(IllegalArgumentException.class, () -> Safetensors.open(folder));
  }

  @Test
  void nothingIsLeftOfAFailedWrite() throws IOException {
    assertThrows(
        IOException.class,
        () -> SafetensorsWriter.write(folder.resolve("no/a"), arrays(), Map.of()));
    Path occupied = folder.resolve("folder");
    Files.createDirectories(occupied.resolve("inside"));
    assertThrows(IOException.class, () -> SafetensorsWriter.write(occupied, arrays(), Map.of()));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(occupied), files.toList());
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            SafetensorsWriter.write(
                folder.resolve("a"), Map.of("__metadata__", Tensor.allocate(1)), Map.of()));
  }
}
