package io.github.attention4j.multimodal.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFileTests {
  @TempDir Path folder;

  private Picture read(byte[] file) throws IOException {
    return Picture.read(Files.write(folder.resolve("picture"), file));
  }

  private String refusal(byte[] file) throws IOException {
    Path path = Files.write(folder.resolve("picture"), file);
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> Picture.read(path)).getMessage());
    assertTrue(message.startsWith(path + ": expected "), message);
    return message;
  }

  private static byte[] encoded(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out), format);
    return out.toByteArray();
  }

  private static int[] unsigned(Picture picture) {
    int[] values = new int[picture.rgb().length];
    Arrays.setAll(values, i -> Byte.toUnsignedInt(picture.rgb()[i]));
    return values;
  }

  /** A PNG by hand: its samples are exactly these, whatever writers would make of them. */
  private static byte[] png(
      int width, int height, int bits, int colourType, byte[] filtered, byte[]... chunks)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    out.writeBytes(
        chunk(
            "IHDR",
            ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put((byte) bits)
                .put((byte) colourType)
                .array()));
    for (byte[] chunk : chunks) {
      out.writeBytes(chunk);
    }
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
      deflater.write(filtered);
    }
    out.writeBytes(chunk("IDAT", packed.toByteArray()));
    out.writeBytes(chunk("IEND", new byte[0]));
    return out.toByteArray();
  }

  private static byte[] chunk(String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 sum = new CRC32();
    sum.update(name);
    sum.update(data);
    return ByteBuffer.allocate(12 + data.length)
        .putInt(data.length)
        .put(name)
        .put(data)
        .putInt((int) sum.getValue())
        .array();
  }

  @Test
  void pngOfEveryKindOfSamples() throws IOException {
    int[] twice = {16, 16, 16, 171, 171, 171};
    assertArrayEquals(twice, unsigned(read(png(2, 1, 8, 0, new byte[] {0, 16, (byte) 171}))));
    byte[] sixteen = {0, 16, 99, (byte) 171, (byte) 205};
    assertArrayEquals(twice, unsigned(read(png(2, 1, 16, 0, sixteen))));
    byte[] greyAlpha = {0, 16, 0, (byte) 171, 77};
    assertArrayEquals(twice, unsigned(read(png(2, 1, 8, 4, greyAlpha))));
    int[] ends = {255, 255, 255, 0, 0, 0, 255, 255, 255};
    assertArrayEquals(ends, unsigned(read(png(3, 1, 1, 0, new byte[] {0, (byte) 0xA0}))));
    int[] quarters = {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255};
    assertArrayEquals(quarters, unsigned(read(png(4, 1, 2, 0, new byte[] {0, 0x1B}))));
    byte[] rgb = {0, 1, 2, 3, (byte) 200, (byte) 201, (byte) 202};
    int[] colours = {1, 2, 3, 200, 201, 202};
    assertArrayEquals(colours, unsigned(read(png(2, 1, 8, 2, rgb))));
    byte[] rgb16 = {0, 1, 99, 2, 99, 3, 99, (byte) 200, 99, (byte) 201, 99, (byte) 202, 99};
    assertArrayEquals(colours, unsigned(read(png(2, 1, 16, 2, rgb16))));
    byte[] rgba = {0, 1, 2, 3, 0, (byte) 200, (byte) 201, (byte) 202, 9};
    assertArrayEquals(colours, unsigned(read(png(2, 1, 8, 6, rgba))));
    byte[] rgba16 = {
      0, 1, 99, 2, 99, 3, 99, 0, 0, (byte) 200, 99, (byte) 201, 99, (byte) 202, 99, 5, 5
    };
    assertArrayEquals(colours, unsigned(read(png(2, 1, 16, 6, rgba16))));
    byte[] palette = chunk("PLTE", new byte[] {(byte) 200, (byte) 201, (byte) 202, 1, 2, 3});
    byte[] clear = chunk("tRNS", new byte[] {0});
    byte[] indexed = png(2, 1, 8, 3, new byte[] {0, 1, 0}, palette, clear);
    assertArrayEquals(colours, unsigned(read(indexed)));
  }

  @Test
  void colourProfilesAreNotApplied() throws IOException {
    ColorSpace linear = ColorSpace.getInstance(ColorSpace.CS_LINEAR_RGB);
    ComponentColorModel model =
        new ComponentColorModel(linear, false, false, 1, DataBuffer.TYPE_BYTE);
    WritableRaster raster = model.createCompatibleWritableRaster(8, 8);
    for (int band = 0; band < 3; band++) {
      int value = 40 + 60 * band;
      raster.setSamples(0, 0, 8, 8, band, Arrays.stream(new int[64]).map(v -> value).toArray());
    }
    byte[] tiff = encoded(new BufferedImage(model, raster, false, null), "tiff");
    assertArrayEquals(new int[] {40, 100, 160}, Arrays.copyOf(unsigned(read(tiff)), 3));
  }

  @Test
  void jpegInColourAndGrey() throws IOException {
    for (int type : new int[] {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_BYTE_GRAY}) {
      BufferedImage image = new BufferedImage(16, 8, type);
      for (int band = 0; band < image.getRaster().getNumBands(); band++) {
        int value = 60 + 50 * band;
        image
            .getRaster()
            .setSamples(0, 0, 16, 8, band, Arrays.stream(new int[128]).map(v -> value).toArray());
      }
      int[] read = unsigned(read(encoded(image, "jpg")));
      boolean grey = type == BufferedImage.TYPE_BYTE_GRAY;
      assertEquals(60, read[0], 2);
      assertEquals(grey ? 60 : 110, read[1], 2);
      assertEquals(grey ? 60 : 160, read[2], 2);
    }
  }

  /** Inks as Adobe stores them: 255 is none. */
  private static byte[] inks(int transform, int... values) throws IOException {
    WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 16, 8, 4, null);
    for (int band = 0; band < 4; band++) {
      int value = values[band];
      raster.setSamples(0, 0, 16, 8, band, Arrays.stream(new int[128]).map(v -> value).toArray());
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(raster, null, null), null);
    } finally {
      writer.dispose();
    }
    byte[] plain = out.toByteArray();
    ByteArrayOutputStream marked = new ByteArrayOutputStream();
    marked.write(plain, 0, 2);
    byte[] adobe = {
      (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
    };
    adobe[15] = (byte) transform;
    marked.writeBytes(adobe);
    marked.write(plain, 2, plain.length - 2);
    return marked.toByteArray();
  }

  @Test
  void jpegOfFourInks() throws IOException {
    // c = 55, m = 155, y = 0, k = 51: (255 - c)(255 - k) / 255 = 160, and so on.
    int[] cmyk = unsigned(read(inks(0, 200, 100, 255, 204)));
    assertEquals(160, cmyk[0], 2);
    assertEquals(80, cmyk[1], 2);
    assertEquals(204, cmyk[2], 2);
    // Luma 150, blue 100 - 128, red 178 - 128: 220, 124, 100 of light, times 0.8.
    int[] ycck = unsigned(read(inks(2, 150, 100, 178, 204)));
    assertEquals(176, ycck[0], 2);
    assertEquals(99, ycck[1], 2);
    assertEquals(80, ycck[2], 2);
  }

  @Test
  void gifIsItsFirstFrame() throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.prepareWriteSequence(null);
      for (int frame = 0; frame < 2; frame++) {
        byte[] level = {(byte) (10 + frame), 100};
        BufferedImage image =
            new BufferedImage(
                3,
                2,
                BufferedImage.TYPE_BYTE_INDEXED,
                new IndexColorModel(8, 2, level, level, level));
        writer.writeToSequence(
            new IIOImage(
                image, null, writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null)),
            null);
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
    Picture picture = read(out.toByteArray());
    assertEquals(3, picture.width());
    assertEquals(2, picture.height());
    assertArrayEquals(new int[] {10, 10, 10}, Arrays.copyOf(unsigned(picture), 3));
  }

  /** A picture of two pixels, 1 and 2, stored so that turning it by its orientation matters. */
  @ParameterizedTest
  @CsvSource({
    "1, 2, 1, 1", "2, 2, 1, 2", "3, 2, 1, 2", "4, 2, 1, 1",
    "5, 1, 2, 1", "6, 1, 2, 1", "7, 1, 2, 2", "8, 1, 2, 2"
  })
  void everyOrientation(int orientation, int width, int height, int first) throws IOException {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
      byte[] exif = exif(orientation, order);
      byte[] pixels = {0, 1, 1, 1, 2, 2, 2};
      Picture picture = read(png(2, 1, 8, 2, pixels, chunk("eXIf", exif)));
      assertEquals(width, picture.width());
      assertEquals(height, picture.height());
      assertEquals(first, picture.rgb()[0]);

      BufferedImage image = new BufferedImage(32, 16, BufferedImage.TYPE_INT_RGB);
      image.getRaster().setSamples(0, 0, 16, 16, 0, filled(256, 250));
      image.getRaster().setSamples(0, 0, 16, 16, 1, filled(256, 250));
      image.getRaster().setSamples(0, 0, 16, 16, 2, filled(256, 250));
      byte[] jpeg = encoded(image, "jpg");
      ByteArrayOutputStream marked = new ByteArrayOutputStream();
      marked.write(jpeg, 0, 2);
      marked.writeBytes(
          ByteBuffer.allocate(4)
              .putShort((short) 0xFFE1)
              .putShort((short) (8 + exif.length))
              .array());
      marked.writeBytes("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
      marked.writeBytes(exif);
      marked.write(jpeg, 2, jpeg.length - 2);
      Picture photo = read(marked.toByteArray());
      assertEquals(width * 16, photo.width());
      assertEquals(first == 1 ? 250 : 0, Byte.toUnsignedInt(photo.rgb()[0]), 3);
    }
  }

  private static int[] filled(int count, int value) {
    int[] values = new int[count];
    Arrays.fill(values, value);
    return values;
  }

  private static byte[] exif(int orientation, ByteOrder order) {
    ByteBuffer tiff = ByteBuffer.allocate(26).order(order);
    tiff.put((byte) (order == ByteOrder.BIG_ENDIAN ? 'M' : 'I'));
    tiff.put((byte) (order == ByteOrder.BIG_ENDIAN ? 'M' : 'I'));
    tiff.putShort((short) 42).putInt(8).putShort((short) 1);
    tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation);
    return tiff.array();
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
  void whatIsCutOffIsRefused(String format) throws IOException {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int i = 0; i < 64 * 64; i++) {
      image.setRGB(i % 64, i / 64, random.nextInt(1 << 24));
    }
    byte[] whole = encoded(image, format);
    assertEquals(64, read(whole).width());
    for (double part : new double[] {0.01, 0.1, 0.5, 0.9}) {
      refusal(Arrays.copyOf(whole, (int) (whole.length * part)));
    }
  }

  @Test
  void damageIsRefusedOrReadButNeverFails() throws IOException {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(7);
    for (String format : new String[] {"png", "jpg", "gif", "bmp"}) {
      byte[] whole = encoded(image, format);
      for (int i = 0; i < 200; i++) {
        byte[] damaged = whole.clone();
        for (int k = 0; k < 5; k++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        Path file = Files.write(folder.resolve("damaged"), damaged);
        try {
          assertTrue(Picture.read(file).width() >= 1);
        } catch (IllegalArgumentException refused) {
          assertTrue(String.valueOf(refused.getMessage()).startsWith(file.toString()));
        }
      }
    }
  }

  @Test
  void otherFilesSayWhatTheyAre() throws IOException {
    assertTrue(refusal(new byte[0]).endsWith("got an empty file"));
    byte[] webp = "RIFF\1\2\3\4WEBPVP8 ".getBytes(StandardCharsets.ISO_8859_1);
    assertTrue(refusal(webp).contains("png, tif"));
    assertTrue(refusal(webp).contains("got WebP, which needs an ImageIO reader"));
    byte[] heic = "\0\0\0\30ftypheic".getBytes(StandardCharsets.ISO_8859_1);
    assertTrue(refusal(heic).contains("HEIF"));
    assertTrue(refusal("<svg/>".getBytes(StandardCharsets.UTF_8)).contains("got none of them"));
    assertThrows(IllegalArgumentException.class, () -> Picture.read(folder));
  }

  @Test
  void bombsAreNotDecoded() throws IOException {
    byte[] small = png(1, 1, 8, 2, new byte[] {0, 1, 2, 3});
    for (int[] size : new int[][] {{100_000, 100_000}, {2_000_000_000, 1}, {13_378, 13_378}}) {
      byte[] huge = small.clone();
      ByteBuffer.wrap(huge).putInt(16, size[0]).putInt(20, size[1]);
      String message = refusal(huge);
      assertTrue(message.contains("178956970 pixels, got " + size[0] + " x "), message);
    }
    byte[] gif = encoded(new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY), "gif");
    ByteBuffer frame = ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN);
    int descriptor = 0;
    for (int i = 13; i < gif.length && descriptor == 0; i++) {
      descriptor = gif[i] == 0x2C && frame.getShort(i + 5) == 1 ? i : 0;
    }
    frame.putShort(descriptor + 5, (short) 65_000).putShort(descriptor + 7, (short) 65_000);
    assertTrue(refusal(gif).contains("65000 x 65000"));
  }

  @Test
  void onePixelAndTenThousandSquared() throws IOException {
    Picture dot = read(png(1, 1, 8, 2, new byte[] {0, 1, 2, 3}));
    assertArrayEquals(new byte[] {1, 2, 3}, dot.rgb());
    assertEquals(1, dot.fitting(10).width());
    int edge = 10_000;
    byte[] rows = new byte[edge * (1 + edge / 8)];
    for (int row = 0; row < edge / 2; row++) {
      Arrays.fill(rows, row * 1251 + 1, (row + 1) * 1251, (byte) 0xFF);
    }
    Picture large = read(png(edge, edge, 1, 0, rows));
    assertEquals(edge, large.width());
    assertEquals(edge, large.height());
    Picture small = large.fitting(4);
    assertArrayEquals(new byte[] {-1, -1, -1}, Arrays.copyOf(small.rgb(), 3));
    assertEquals(0, small.rgb()[47]);
    Picture strip = new Picture(10_000, 1, new byte[30_000]);
    assertEquals(1, strip.fitting(100).height());
  }
}
