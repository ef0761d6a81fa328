package io.github.attention4j.multimodal.image;

import java.io.IOException;
import java.nio.file.Path;

/// An RGB picture, 8 bits per channel, row by row.
public final class Picture {
  /// The most pixels that are decoded; what claims more is taken for a decompression bomb.
  public static final long MOST_PIXELS = 178_956_970;

  private final int width;
  private final int height;
  private final byte[] rgb;

  /// A picture.
  ///
  /// @param width in pixels
  /// @param height in pixels
  /// @param rgb red, green, blue of every pixel, `3 * width * height` bytes; not copied
  public Picture(int width, int height, byte[] rgb) {
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "rgb: expected 3 x " + width + " x " + height + " bytes, got " + rgb.length);
    }
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /// Pixels in a row.
  public int width() {
    return width;
  }

  /// Rows.
  public int height() {
    return height;
  }

  /// Red, green, blue of every pixel, row by row; not copied.
  public byte[] rgb() {
    return rgb;
  }

  /// Decodes a file of any format `ImageIO` has a reader for: PNG, JPEG, GIF, BMP and TIFF come
  /// with Java, others such as WebP with a reader on the path.
  ///
  /// Samples are taken as they are stored, no colour profile is applied. Alpha is dropped, grey
  /// becomes three equal channels, of 16 bits the upper 8 are kept, CMYK is $(255 - c)(255 - k) /
  /// 255$, of an animation the first frame is read, and a picture is turned as its EXIF orientation
  /// says.
  ///
  /// @throws IllegalArgumentException if it is no picture, damaged or cut off, or has more than
  ///   [#MOST_PIXELS] pixels or more than fit into memory, which is found out before decoding
  public static Picture read(Path file) throws IOException {
    return PictureFile.read(file);
  }

  /// The picture itself if its longer edge has at most so many pixels, else reduced to that.
  public Picture fitting(int edge) {
    int longer = Math.max(width, height);
    if (edge < 1) {
      throw new IllegalArgumentException("edge: expected at least 1, got " + edge);
    }
    return longer <= edge
        ? this
        : BicubicResize.resize(
            this,
            Math.max(1, Math.toIntExact((long) width * edge / longer)),
            Math.max(1, Math.toIntExact((long) height * edge / longer)));
  }

  /** As EXIF counts: 1 upright, 2 mirrored, 3 upside down … 5 to 8 lying on a side. */
  Picture turned(int orientation) {
    if (orientation <= 1 || orientation > 8) {
      return this;
    }
    boolean lying = orientation >= 5;
    int newWidth = lying ? height : width;
    int newHeight = lying ? width : height;
    byte[] to = new byte[rgb.length];
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        int fromX =
            switch (orientation) {
              case 2, 3 -> width - 1 - x;
              case 4 -> x;
              case 5, 6 -> y;
              default -> width - 1 - y;
            };
        int fromY =
            switch (orientation) {
              case 2 -> y;
              case 3, 4 -> height - 1 - y;
              case 5, 8 -> x;
              default -> height - 1 - x;
            };
        System.arraycopy(rgb, 3 * (fromY * width + fromX), to, 3 * (y * newWidth + x), 3);
      }
    }
    return new Picture(newWidth, newHeight, to);
  }
}
