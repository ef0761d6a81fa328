package io.github.attention4j.viz.report;

import java.io.ByteArrayOutputStream;
import java.util.zip.Deflater;

/** Bytes in zlib's format, which browsers undo by themselves. */
final class Deflated {
  private Deflated() {}

  static byte[] of(byte[] bytes, int length, int level) {
    try (Deflater deflater = new Deflater(level)) {
      deflater.setInput(bytes, 0, length);
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream(length / 2 + 64);
      byte[] buffer = new byte[1 << 16];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return out.toByteArray();
    }
  }
}
