package io.github.attention4j.multimodal.image;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// How a JPEG of four components stores its inks, which `ImageIO` does not convert. Values are
/// inverted (255 is no ink), as Adobe's programs write them and everyone reads them.
///
/// Source: ITU-T T.81 for the frame header; T.872, clause 6.5.3 for Adobe's marker and the
/// transform.
enum JpegInks {
  /// Cyan, magenta, yellow, black.
  CMYK {
    @Override
    void light(int[] row, int at, int[] light) {
      light[0] = row[at];
      light[1] = row[at + 1];
      light[2] = row[at + 2];
    }
  },

  /// Luma and chroma of the first three, black as it is.
  YCCK {
    @Override
    void light(int[] row, int at, int[] light) {
      double luma = row[at];
      double blue = row[at + 1] - 128.0;
      double red = row[at + 2] - 128.0;
      light[0] = rounded(luma + 1.402 * red);
      light[1] = rounded(luma - 0.344136286 * blue - 0.714136286 * red);
      light[2] = rounded(luma + 1.772 * blue);
    }
  };

  private static final int ADOBE = 0xEE;
  private static final int START_OF_SCAN = 0xDA;
  private static final int ADOBE_LENGTH = 12;
  private static final int YCCK_TRANSFORM = 2;

  /** What of red, green and blue the first three inks let through, 0 to 255. */
  abstract void light(int[] row, int at, int[] light);

  private static int rounded(double value) {
    return Math.clamp(Math.round(value), 0, 255);
  }

  /** None if the file is no JPEG of four components. */
  static Optional<JpegInks> of(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (in.readUnsignedShort() != 0xFFD8) {
        return Optional.empty();
      }
      JpegInks inks = CMYK;
      int components = 0;
      while (in.readUnsignedByte() == 0xFF) {
        int marker = in.readUnsignedByte();
        while (marker == 0xFF) {
          marker = in.readUnsignedByte();
        }
        int size = in.readUnsignedShort() - 2;
        if (marker == START_OF_SCAN || size < 0) {
          break;
        }
        byte[] segment = in.readNBytes(size);
        if (startsFrame(marker) && segment.length > 5) {
          components = Byte.toUnsignedInt(segment[5]);
        }
        if (marker == ADOBE
            && segment.length >= ADOBE_LENGTH
            && new String(segment, 0, 5, StandardCharsets.US_ASCII).equals("Adobe")) {
          inks = segment[ADOBE_LENGTH - 1] == YCCK_TRANSFORM ? YCCK : CMYK;
        }
      }
      return components == 4 ? Optional.of(inks) : Optional.empty();
    } catch (EOFException shorter) {
      return Optional.empty();
    }
  }

  /** SOF0 to SOF15 without the tables between them. */
  private static boolean startsFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }
}
