package io.github.attention4j.viz.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/// The image a model looked at, as it goes into the page.
public final class Picture {
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
  private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};

  private final byte[] bytes;
  private final String mediaType;

  private Picture(byte[] bytes, String mediaType) {
    this.bytes = bytes;
    this.mediaType = mediaType;
  }

  /// A PNG or JPEG file.
  ///
  /// @throws IllegalArgumentException if it is neither
  public static Picture of(byte[] file) {
    if (startsWith(file, PNG)) {
      return new Picture(file.clone(), "image/png");
    }
    if (startsWith(file, JPEG)) {
      return new Picture(file.clone(), "image/jpeg");
    }
    throw new IllegalArgumentException("picture: expected a PNG or JPEG file");
  }

  /// Reads a PNG or JPEG file.
  public static Picture read(Path file) throws IOException {
    return of(Files.readAllBytes(file));
  }

  private static boolean startsWith(byte[] file, byte[] magic) {
    return file.length >= magic.length
        && java.util.Arrays.equals(file, 0, magic.length, magic, 0, magic.length);
  }

  /// The address that holds the whole image.
  String dataAddress() {
    return "data:" + mediaType + ";base64," + Base64.getEncoder().encodeToString(bytes);
  }
}
