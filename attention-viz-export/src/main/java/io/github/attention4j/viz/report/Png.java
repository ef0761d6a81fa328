package io.github.attention4j.viz.report;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/// A writer of PNG files of three bytes per pixel; needs no desktop classes.
public final class Png {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int EIGHT_BITS = 8;
  private static final int RED_GREEN_BLUE = 2;

  private Png() {}

  /// A file of `width` x `height` pixels.
  ///
  /// @param pixels red, green, blue, row by row
  public static byte[] of(int width, int height, byte[] pixels) {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "pixels: expected 3 bytes for each of "
              + width
              + " x "
              + height
              + " pixels, got "
              + pixels.length);
    }
    byte[] header =
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) EIGHT_BITS)
            .put((byte) RED_GREEN_BLUE)
            .array();
    byte[] filtered = new byte[pixels.length + height];
    for (int row = 0; row < height; row++) {
      System.arraycopy(pixels, 3 * row * width, filtered, row * (3 * width + 1) + 1, 3 * width);
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(SIGNATURE);
    chunk(file, "IHDR", header);
    chunk(file, "IDAT", Deflated.of(filtered, filtered.length, Deflater.DEFAULT_COMPRESSION));
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 sum = new CRC32();
    sum.update(name);
    sum.update(data);
    file.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    file.writeBytes(name);
    file.writeBytes(data);
    file.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
  }
}
