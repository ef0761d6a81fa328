package io.github.attention4j.multimodal.checkpoint;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// NumPy's format for one array: versions 1 to 3, row-major, float, integer and bool types of
/// either byte order.
///
/// Object arrays are pickles and are refused, as are structured types and Fortran order.
///
/// Source: `numpy.lib.format`,
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int PREFIX = MAGIC.length + 2;
  private static final int LONGEST_HEADER = 1 << 16;

  private static final Pattern DESCR = Pattern.compile("'descr' *: *'([^']*)'");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order' *: *(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape' *: *\\(([0-9, L]*)\\)");

  private static final Map<String, Dtype> TYPES =
      Map.ofEntries(
          Map.entry("f2", Dtype.F16),
          Map.entry("f4", Dtype.F32),
          Map.entry("f8", Dtype.F64),
          Map.entry("i1", Dtype.I8),
          Map.entry("i2", Dtype.I16),
          Map.entry("i4", Dtype.I32),
          Map.entry("i8", Dtype.I64),
          Map.entry("u1", Dtype.U8),
          Map.entry("u2", Dtype.U16),
          Map.entry("u4", Dtype.U32),
          Map.entry("u8", Dtype.U64),
          Map.entry("b1", Dtype.BOOL));

  private Npy() {}

  /// Reads a file: float types as float32, integers as int64, bool as bool.
  ///
  /// @throws IllegalArgumentException if it is not such a file; says what was expected and what
  ///   came
  public static NdArray read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(
          file.toString(),
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
    }
  }

  /// Writes a file; it appears whole or not at all.
  public static void write(Path file, NdArray array) throws IOException {
    byte[] header = header(array);
    AtomicFile.write(
        file,
        channel -> {
          SafetensorsWriter.write(channel, MemorySegment.ofArray(header));
          SafetensorsWriter.write(channel, array.segment());
        });
  }

  static NdArray read(String what, MemorySegment bytes) {
    if (bytes.byteSize() < PREFIX
        || !Arrays.equals(bytes.asSlice(0, MAGIC.length).toArray(ValueLayout.JAVA_BYTE), MAGIC)) {
      throw bad(what, "expected a NumPy array, the first bytes are others");
    }
    int version = bytes.get(ValueLayout.JAVA_BYTE, MAGIC.length);
    if (version < 1 || version > 3) {
      throw bad(what, "expected format version 1, 2 or 3, got " + version);
    }
    int lengthBytes = version == 1 ? Short.BYTES : Integer.BYTES;
    if (bytes.byteSize() < PREFIX + lengthBytes) {
      throw bad(what, "expected the length of a header, the file ends before it");
    }
    long length =
        version == 1
            ? Short.toUnsignedLong(
                bytes.get(
                    ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), PREFIX))
            : Integer.toUnsignedLong(
                bytes.get(
                    ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), PREFIX));
    long start = PREFIX + lengthBytes + length;
    if (length > LONGEST_HEADER || start > bytes.byteSize()) {
      throw bad(
          what,
          "expected a header of at most "
              + Math.min(LONGEST_HEADER, bytes.byteSize() - PREFIX - lengthBytes)
              + " bytes, got the length "
              + length);
    }
    String header =
        new String(
            bytes.asSlice(start - length, length).toArray(ValueLayout.JAVA_BYTE),
            StandardCharsets.UTF_8);
    return data(what, header, bytes.asSlice(start));
  }

  private static NdArray data(String what, String header, MemorySegment data) {
    String descr = field(what, header, DESCR);
    Dtype dtype = descr.length() == 3 ? TYPES.get(descr.substring(1)) : null;
    if (dtype == null || "<>|=".indexOf(descr.charAt(0)) < 0) {
      throw bad(
          what,
          "expected float16 to float64, integers or bool as descr, got "
              + OneLine.quoted(descr)
              + (descr.contains("O") ? " (objects are pickled, which is never read)" : ""));
    }
    if (field(what, header, FORTRAN).equals("True")) {
      throw bad(what, "expected C order, got Fortran order: write numpy.ascontiguousarray(array)");
    }
    Shape shape = shape(what, field(what, header, SHAPE));
    if (shape.elements() > data.byteSize()
        || shape.elements() * (dtype.bits() / Byte.SIZE) != data.byteSize()) {
      throw bad(
          what,
          "expected the bytes of " + dtype + " " + shape + ", got " + data.byteSize() + " bytes");
    }
    ByteOrder order = descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    return new Elements(what, dtype, shape, data, order).read();
  }

  private static Shape shape(String what, String sizes) {
    try {
      return Shape.of(
          Arrays.stream(sizes.replace("L", "").split(",", -1))
              .map(String::strip)
              .filter(size -> !size.isEmpty())
              .mapToLong(Long::parseLong)
              .toArray());
    } catch (IllegalArgumentException nonsense) {
      throw new IllegalArgumentException(
          what + ": expected a shape, got " + OneLine.quoted(sizes), nonsense);
    }
  }

  private static String field(String what, String header, Pattern pattern) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw bad(
          what,
          "expected a header with descr, fortran_order and shape, got "
              + OneLine.quoted(header.strip()));
    }
    return matcher.group(1);
  }

  static byte[] header(NdArray array) {
    StringBuilder shape = new StringBuilder();
    for (long size : array.shape().toArray()) {
      shape.append(size).append(", ");
    }
    String dictionary =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
            .formatted(descr(array.type()), shape.toString().strip());
    int unpadded = PREFIX + Short.BYTES + dictionary.length() + 1;
    int padded = (unpadded + 63) / 64 * 64;
    String text = dictionary + " ".repeat(padded - unpadded) + "\n";
    return ByteBuffer.allocate(padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) text.length())
        .put(text.getBytes(StandardCharsets.US_ASCII))
        .array();
  }

  private static String descr(ElementType type) {
    return switch (type) {
      case FLOAT32 -> "<f4";
      case INT64 -> "<i8";
      case BOOL -> "|b1";
    };
  }

  private static IllegalArgumentException bad(String what, String message) {
    return new IllegalArgumentException(what + ": " + message);
  }
}
