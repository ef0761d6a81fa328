package io.github.attention4j.multimodal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzTests {
  @TempDir Path folder;

  private static Map<String, NdArray> arrays() {
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    arrays.put("weights", Tensor.of(new float[] {1.5f, Float.NaN, 2, 3, 4, 5}, 2, 3));
    arrays.put("ids", LongTensor.of(new long[] {-1, Long.MAX_VALUE}, 2));
    arrays.put("mask", BooleanTensor.of(new boolean[] {true, false}, 1, 2));
    arrays.put("scalar", Tensor.of(new float[] {7}));
    arrays.put("empty", Tensor.allocate(3, 0));
    return arrays;
  }

  private static byte[] npy(int version, String header, byte... data) {
    byte[] text = header.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file = ByteBuffer.allocate(12 + text.length + data.length);
    file.order(java.nio.ByteOrder.LITTLE_ENDIAN).put((byte) 0x93);
    file.put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) version).put((byte) 0);
    if (version == 1) {
      file.putShort((short) text.length);
    } else {
      file.putInt(text.length);
    }
    file.put(text).put(data);
    return Arrays.copyOf(file.array(), file.position());
  }

  private NdArray read(byte[] bytes) throws IOException {
    return Npy.read(Files.write(folder.resolve("a.npy"), bytes));
  }

  private void refused(byte[] bytes, String expected) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> read(bytes));
    assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused.getMessage());
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Path file = folder.resolve("a.npz");
    Npz.write(file, arrays());
    assertEquals(arrays(), Npz.read(file));
    for (NdArray array : arrays().values()) {
      Npy.write(folder.resolve("a.npy"), array);
      assertEquals(array, Npy.read(folder.resolve("a.npy")));
    }
  }

  @Test
  void otherTypesAndByteOrders() throws IOException {
    byte[] big = ByteBuffer.allocate(16).putDouble(0.5).putDouble(-2).array();
    assertEquals(
        Tensor.of(new float[] {0.5f, -2}, 2),
        read(npy(2, "{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }\n", big)));
    assertEquals(
        LongTensor.of(new long[] {1, -1}, 2, 1),
        read(
            npy(
                1,
                "{'shape': (2, 1), 'fortran_order': False, 'descr': '|i1'}",
                (byte) 1,
                (byte) -1)));
  }

  @Test
  void nonsenseIsRefused() {
    String good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
    refused(new byte[0], "first bytes");
    refused("PK\3\4NUMPY".getBytes(StandardCharsets.US_ASCII), "first bytes");
    refused(npy(4, good, new byte[4]), "version");
    refused(npy(1, good, new byte[3]), "got 3 bytes");
    refused(npy(1, good, new byte[5]), "got 5 bytes");
    refused(npy(1, good.replace("<f4", "|O"), new byte[4]), "pickled");
    refused(npy(1, good.replace("<f4", "<c8"), new byte[4]), "'<c8'");
    refused(npy(1, good.replace("False", "True"), new byte[4]), "Fortran");
    refused(npy(1, good.replace("(1,)", "(4294967296, 4294967296)"), new byte[4]), "shape");
    refused(npy(1, good.replace("(1,)", "(4611686018427387905,)"), new byte[4]), "bytes of F32");
    refused(npy(1, good.replace("(1,)", "(-1,)"), new byte[4]), "header with");
    refused(npy(1, "{}", new byte[4]), "header with");
    byte[] whole = npy(1, good, new byte[4]);
    for (int length = 0; length < whole.length; length++) {
      refused(Arrays.copyOf(whole, length), "expected");
    }
  }

  @Test
  void whatIsNoArchiveOfArrays() throws IOException {
    Path file = Files.write(folder.resolve("a.npz"), new byte[100]);
    assertThrows(IllegalArgumentException.class, () -> Npz.read(file));
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
    }
    assertThrows(IllegalArgumentException.class, () -> Npz.read(file));
  }
}
