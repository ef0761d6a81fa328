package io.github.attention4j.multimodal.image;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/// How a camera was held, from the EXIF segment of a JPEG or the `eXIf` chunk of a PNG.
///
/// Source: JEITA CP-3451, tag 0x0112.
final class ExifOrientation {
  private static final int TAG = 0x0112;
  private static final int APP1 = 0xE1;
  private static final int START_OF_SCAN = 0xDA;
  private static final int PNG_EXIF = 0x65584966;
  private static final int PIXELS = 0x49444154;
  private static final int END = 0x49454E44;
  private static final int LONG = 4;
  private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};

  private ExifOrientation() {}

  /** 1 to 8; 1 where the file says nothing. */
  static int read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      int magic = in.readUnsignedShort();
      if (magic == 0x8950) {
        in.skipNBytes(6);
        return png(in);
      }
      if (magic != 0xFFD8) {
        return 1;
      }
      while (in.readUnsignedByte() == 0xFF) {
        int marker = in.readUnsignedByte();
        while (marker == 0xFF) {
          marker = in.readUnsignedByte();
        }
        int size = in.readUnsignedShort() - 2;
        if (marker == START_OF_SCAN || size < 0) {
          return 1;
        }
        byte[] segment = in.readNBytes(size);
        if (marker == APP1 && segment.length == size && startsWithExif(segment)) {
          return orientation(ByteBuffer.wrap(segment, EXIF.length, size - EXIF.length).slice());
        }
      }
      return 1;
    } catch (EOFException shorter) {
      return 1;
    }
  }

  /** Chunks up to the first of pixels or the last. */
  private static int png(DataInputStream in) throws IOException {
    while (true) {
      long size = Integer.toUnsignedLong(in.readInt());
      int type = in.readInt();
      if (type == PIXELS || type == END) {
        return 1;
      }
      if (type == PNG_EXIF && size >= 8 && size < 1 << 20) {
        byte[] chunk = in.readNBytes((int) size);
        return chunk.length == size ? orientation(ByteBuffer.wrap(chunk)) : 1;
      }
      in.skipNBytes(size + 4);
    }
  }

  private static boolean startsWithExif(byte[] segment) {
    return segment.length > EXIF.length + 8
        && java.util.Arrays.equals(segment, 0, EXIF.length, EXIF, 0, EXIF.length);
  }

  private static int orientation(ByteBuffer tiff) {
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long directory = Integer.toUnsignedLong(tiff.getInt(4));
    if (directory + 2 > tiff.limit()) {
      return 1;
    }
    int entries = Short.toUnsignedInt(tiff.getShort((int) directory));
    for (int i = 0; i < entries; i++) {
      long entry = directory + 2 + 12L * i;
      if (entry + 12 > tiff.limit()) {
        return 1;
      }
      if (Short.toUnsignedInt(tiff.getShort((int) entry)) == TAG) {
        int value =
            tiff.getShort((int) entry + 2) == LONG
                ? tiff.getInt((int) entry + 8)
                : Short.toUnsignedInt(tiff.getShort((int) entry + 8));
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
    return 1;
  }
}
