package io.github.attention4j.multimodal.image;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;

/// Decodes files into [Picture]s, sample by sample as stored: what Pillow's `convert("RGB")` gives.
final class PictureFile {
  private PictureFile() {}

  static Picture read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + ": expected a picture, got a folder");
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new IllegalArgumentException(
            file + ": expected a picture in a format of " + formats() + ", got " + kind(file));
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        return decode(file, reader).turned(ExifOrientation.read(file));
      } finally {
        reader.dispose();
      }
    }
  }

  private static String formats() {
    Set<String> names = new TreeSet<>();
    for (String name : ImageIO.getReaderFormatNames()) {
      names.add(name.toLowerCase(Locale.ROOT));
    }
    return String.join(", ", names);
  }

  /** What a file without a reader looks like. */
  private static String kind(Path file) throws IOException {
    byte[] start;
    try (var in = Files.newInputStream(file)) {
      start = in.readNBytes(12);
    }
    String text = new String(start, java.nio.charset.StandardCharsets.ISO_8859_1);
    if (start.length == 0) {
      return "an empty file";
    }
    if (text.startsWith("RIFF") && text.endsWith("WEBP")) {
      return "WebP, which needs an ImageIO reader on the path";
    }
    if (text.startsWith("ftyp", 4)) {
      return "a HEIF or AVIF container";
    }
    return "none of them";
  }

  private static Picture decode(Path file, ImageReader reader) {
    try {
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      long pixels = (long) width * height;
      if (pixels > Picture.MOST_PIXELS) {
        throw new TooLargeException(
            file
                + ": expected at most "
                + Picture.MOST_PIXELS
                + " pixels, got "
                + width
                + " x "
                + height);
      }
      Runtime runtime = Runtime.getRuntime();
      long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
      Optional<JpegInks> inks = JpegInks.of(file);
      long needed = pixels * 3 + (inks.isPresent() ? 4 * pixels : decoded(reader, pixels));
      if (needed > free && needed > runtime.maxMemory() / 2) {
        throw new TooLargeException(
            file
                + ": expected a picture that fits into memory, got "
                + width
                + " x "
                + height
                + ", which needs "
                + needed / 1_000_000
                + " MB (Java's option -Xmx gives more)");
      }
      CutOff cutOff = new CutOff();
      reader.addIIOReadWarningListener(cutOff);
      Picture picture =
          inks.isPresent() && reader.canReadRaster()
              ? inks(reader.readRaster(0, null), inks.get())
              : of(reader.read(0));
      if (cutOff.seen) {
        throw new IOException("the file ends before the picture does");
      }
      return picture;
    } catch (TooLargeException refused) {
      throw refused;
    } catch (IOException | RuntimeException damaged) {
      // Readers meet damage with exceptions of many kinds.
      throw new IllegalArgumentException(
          file
              + ": expected a picture that can be decoded: "
              + String.valueOf(damaged.getMessage()).lines().findFirst().orElse(""),
          damaged);
    }
  }

  /** Bytes of the samples as the reader keeps them. */
  private static long decoded(ImageReader reader, long pixels) throws IOException {
    Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
    if (!types.hasNext()) {
      return 4 * pixels;
    }
    int bits = 0;
    SampleModel samples = types.next().getSampleModel();
    for (int size : samples.getSampleSize()) {
      bits += size;
    }
    return pixels * bits / Byte.SIZE;
  }

  /** A refusal of our own, not of a reader. */
  private static final class TooLargeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    TooLargeException(String message) {
      super(message);
    }
  }

  /** Hears that a JPEG ended early; its reader fills the rest with grey. */
  private static final class CutOff implements IIOReadWarningListener {
    boolean seen;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
      String text = warning.toLowerCase(Locale.ROOT);
      seen |= text.contains("missing eoi") || text.contains("premature end of jpeg file");
    }
  }

  private static Picture of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    Raster raster = image.getRaster();
    if (image.getColorModel() instanceof ComponentColorModel && !image.isAlphaPremultiplied()) {
      samples(raster, rgb);
    } else {
      int[] row = new int[width];
      for (int y = 0; y < height; y++) {
        image.getRGB(0, y, width, 1, row, 0, width);
        for (int x = 0; x < width; x++) {
          int at = 3 * (y * width + x);
          rgb[at] = (byte) (row[x] >> 16);
          rgb[at + 1] = (byte) (row[x] >> 8);
          rgb[at + 2] = (byte) row[x];
        }
      }
    }
    return new Picture(width, height, rgb);
  }

  /** Samples as they are: the colour model would convert grey from linear light, and profiles. */
  private static void samples(Raster raster, byte[] rgb) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    int colours = bands <= 2 ? 1 : 3;
    int[] shift = new int[colours];
    Arrays.setAll(
        shift, band -> Math.max(0, raster.getSampleModel().getSampleSize(band) - Byte.SIZE));
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int channel = 0; channel < 3; channel++) {
          int band = Math.min(channel, colours - 1);
          rgb[3 * (y * width + x) + channel] = (byte) (row[x * bands + band] >> shift[band]);
        }
      }
    }
  }

  /** Four inks of a JPEG, stored inverted as Adobe does. */
  private static Picture inks(Raster raster, JpegInks kind) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    if (raster.getNumBands() != 4) {
      throw new IllegalArgumentException("four inks announced, " + raster.getNumBands() + " found");
    }
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    int[] row = new int[width * 4];
    int[] light = new int[3];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        kind.light(row, 4 * x, light);
        int paper = row[4 * x + 3];
        for (int channel = 0; channel < 3; channel++) {
          int ink = 255 - light[channel];
          rgb[3 * (y * width + x) + channel] =
              (byte) Math.clamp(paper - divided(ink * paper), 0, 255);
        }
      }
    }
    return new Picture(width, height, rgb);
  }

  /** A product of two bytes divided by 255, rounded. */
  private static int divided(int product) {
    int half = product + 128;
    return ((half >> 8) + half) >> 8;
  }
}
