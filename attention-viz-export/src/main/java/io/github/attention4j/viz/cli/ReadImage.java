package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import io.github.attention4j.multimodal.image.ImagePreprocessor;
import io.github.attention4j.viz.report.Picture;
import io.github.attention4j.viz.report.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A picture, prepared as the configuration beside a model says.
 *
 * @param pixels `[1, 3, height, width]`
 * @param picture what the model sees of it: resized and cropped
 */
record ReadImage(Tensor pixels, Picture picture) {
  private static final String FILE = "preprocessor_config.json";

  static ReadImage of(Path image, Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "image: expected "
              + FILE
              + " in "
              + folder
              + ", found none: give what the model reads by --input pixel_values=FILE.npy");
    }
    ImagePreprocessor preprocessor =
        ImagePreprocessor.clip(Config.parse(file.toString(), Files.readAllBytes(file)));
    Tensor pixels = preprocessor.pixels(io.github.attention4j.multimodal.image.Picture.read(image));
    return new ReadImage(pixels, seen(preprocessor, pixels));
  }

  /** The preparation undone, from numbers to bytes. */
  private static Picture seen(ImagePreprocessor preprocessor, Tensor pixels) {
    int height = pixels.shape().intSize(2);
    int width = pixels.shape().intSize(3);
    byte[] rgb = new byte[3 * height * width];
    for (int channel = 0; channel < 3; channel++) {
      double mean = preprocessor.mean().get(channel);
      double deviation = preprocessor.deviation().get(channel);
      for (int i = 0; i < height * width; i++) {
        double value = pixels.at((long) channel * height * width + i) * deviation + mean;
        long shade = Math.round(value / preprocessor.factor());
        rgb[3 * i + channel] = (byte) Math.clamp(shade, 0, 255);
      }
    }
    return Picture.of(Png.of(width, height, rgb));
  }
}
