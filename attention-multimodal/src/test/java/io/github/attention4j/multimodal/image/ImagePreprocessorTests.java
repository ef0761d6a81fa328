package io.github.attention4j.multimodal.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePreprocessorTests {
  @TempDir Path folder;

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ImagePreprocessorTests.class.getResourceAsStream(name))) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"image", "gray"})
  void equalsThePublishedProcessor(String name) throws IOException {
    Safetensors io = Safetensors.of("io", bytes("io.safetensors"));
    Picture picture = Picture.read(Files.write(folder.resolve("a.png"), bytes(name + ".png")));
    ImagePreprocessor preprocessor =
        ImagePreprocessor.clip(Config.parse("config", bytes(name + ".preprocessor_config.json")));
    Picture resized = preprocessor.resized(picture);
    assertEquals(
        io.entry("expected." + name + ".resized").shape(),
        Shape.of(resized.height(), resized.width(), 3));
    long[] expected = io.longs("expected." + name + ".resized").toArray();
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], Byte.toUnsignedInt(resized.rgb()[i]));
    }
    Tensor pixels = preprocessor.pixels(picture);
    assertEquals(io.entry("expected." + name + ".pixel_values").shape(), pixels.shape());
    assertArrayEquals(
        io.tensor("expected." + name + ".pixel_values").toArray(), pixels.toArray(), 1e-5f);
  }

  @Test
  void onePixelAndACropBeyondThePicture() throws IOException {
    Picture dot = new Picture(1, 1, new byte[] {(byte) 255, 0, 0});
    ImagePreprocessor clip =
        ImagePreprocessor.clip(Config.parse("config", bytes("image.preprocessor_config.json")));
    assertEquals(Shape.of(1, 3, 32, 32), clip.pixels(dot).shape());
    assertEquals((1 - 0.48145466) / 0.26862954, clip.pixels(dot).get(0, 0, 5, 5), 1e-5);
    String padded =
        new String(
            bytes("image.preprocessor_config.json"), java.nio.charset.StandardCharsets.UTF_8);
    ImagePreprocessor wide =
        ImagePreprocessor.clip(
            Config.parse(
                "config",
                padded
                    .replace("\"shortest_edge\": 32", "\"shortest_edge\": 3")
                    .replace("\"height\": 32", "\"height\": 6")
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    Tensor pixels = wide.pixels(dot);
    assertEquals(Shape.of(1, 3, 6, 32), pixels.shape());
    assertEquals(-0.48145466 / 0.26862954, pixels.get(0, 0, 0, 0), 1e-5);
  }

  @Test
  void whatIsNoPicture() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "no picture");
    assertThrows(IllegalArgumentException.class, () -> Picture.read(text));
    byte[] whole = bytes("image.png");
    for (int length : new int[] {0, 4, 20, 40, 1000}) {
      Path part = Files.write(folder.resolve("a.png"), java.util.Arrays.copyOf(whole, length));
      assertThrows(IllegalArgumentException.class, () -> Picture.read(part));
    }
    assertThrows(IOException.class, () -> Picture.read(folder.resolve("none.png")));
  }

  @Test
  void aPictureThatClaimsToBeHugeIsNotDecoded() throws IOException {
    byte[] whole = bytes("image.png");
    java.nio.ByteBuffer.wrap(whole).putInt(16, 100_000).putInt(20, 100_000);
    Path file = Files.write(folder.resolve("a.png"), whole);
    assertThrows(IllegalArgumentException.class, () -> Picture.read(file));
  }

  @Test
  void turnsAsExifSays() throws IOException {
    BufferedImage image = new BufferedImage(16, 8, BufferedImage.TYPE_INT_RGB);
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(image, "jpg", jpeg);
    byte[] plain = jpeg.toByteArray();
    byte[] exif = {
      (byte) 0xFF,
      (byte) 0xE1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      0x01,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      6,
      0,
      0,
      0,
      0,
      0,
      0
    };
    ByteArrayOutputStream turned = new ByteArrayOutputStream();
    turned.write(plain, 0, 2);
    turned.write(exif);
    turned.write(plain, 2, plain.length - 2);
    Picture picture = Picture.read(Files.write(folder.resolve("a.jpg"), turned.toByteArray()));
    assertEquals(8, picture.width());
    assertEquals(16, picture.height());
    Picture two = new Picture(2, 1, new byte[] {1, 1, 1, 2, 2, 2});
    byte[] swapped = {2, 2, 2, 1, 1, 1};
    for (int orientation : new int[] {2, 3, 7, 8}) {
      assertArrayEquals(swapped, two.turned(orientation).rgb());
    }
    for (int orientation : new int[] {1, 4, 5, 6}) {
      assertArrayEquals(two.rgb(), two.turned(orientation).rgb());
    }
  }
}
