package io.github.attention4j.multimodal.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

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

  /// Decodes a file of any format `ImageIO` has a reader for (PNG, JPEG, GIF, BMP). Alpha is
  /// dropped, grey becomes three equal channels, 16 bits become their upper 8, and a JPEG is turned
  /// as its EXIF orientation says.
  ///
  /// @throws IllegalArgumentException if it is no picture, damaged, CMYK, or has more than
  ///   [#MOST_PIXELS] pixels
  public static Picture read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new IllegalArgumentException(
            file + ": expected a picture in a format of " + String.join(", ", formats()));
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, false);
        BufferedImage image = decode(file, reader);
        return of(image).turned(ExifOrientation.read(file));
      } finally {
        reader.dispose();
      }
    }
  }

  private static java.util.Set<String> formats() {
    java.util.Set<String> names = new java.util.TreeSet<>();
    for (String name : ImageIO.getReaderFormatNames()) {
      names.add(name.toLowerCase(java.util.Locale.ROOT));
    }
    return names;
  }

  private static BufferedImage decode(Path file, ImageReader reader) {
    try {
      long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
      if (pixels > MOST_PIXELS) {
        throw new IllegalArgumentException(
            file + ": expected at most " + MOST_PIXELS + " pixels, got " + pixels);
      }
      return reader.read(0);
    } catch (IOException | IndexOutOfBoundsException | NegativeArraySizeException damaged) {
      throw new IllegalArgumentException(
          file
              + ": expected a picture that can be decoded: "
              + String.valueOf(damaged.getMessage()).lines().findFirst().orElse(""),
          damaged);
    }
  }

  /** Grey is copied as it is: the colour model would convert it from linear light. */
  private static Picture of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    Raster raster = image.getRaster();
    boolean indexed = image.getColorModel() instanceof java.awt.image.IndexColorModel;
    boolean grey = !indexed && raster.getNumBands() <= 2;
    int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - Byte.SIZE);
    int scale = raster.getSampleModel().getSampleSize(0) == 1 ? 255 : 1;
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      if (grey) {
        raster.getSamples(0, y, width, 1, 0, row);
      } else {
        image.getRGB(0, y, width, 1, row, 0, width);
      }
      for (int x = 0; x < width; x++) {
        int at = 3 * (y * width + x);
        int pixel = grey ? 0x010101 * ((row[x] >> shift) * scale & 0xFF) : row[x];
        rgb[at] = (byte) (pixel >> 16);
        rgb[at + 1] = (byte) (pixel >> 8);
        rgb[at + 2] = (byte) pixel;
      }
    }
    return new Picture(width, height, rgb);
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
