package io.github.attention4j.multimodal.architecture;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.List;

/// The images a vision tower reads, cut into patches.
///
/// @param channels usually 3
/// @param height in pixels
/// @param width in pixels
/// @param patchHeight in pixels
/// @param patchWidth in pixels
record Images(int channels, int height, int width, int patchHeight, int patchWidth) {
  static Images read(Config config, int patchSize) {
    List<Integer> image = pair(config, "image_size", 224);
    List<Integer> patch = pair(config, "patch_size", patchSize);
    Images images =
        new Images(
            config.integer("num_channels", 3),
            image.get(0),
            image.get(1),
            patch.get(0),
            patch.get(1));
    if (images.patchHeight < 1 || images.patchWidth < 1 || images.count() < 1) {
      throw config.refuse("patch_size", "at least 1 and at most image_size " + image);
    }
    return images;
  }

  private static List<Integer> pair(Config config, String field, int otherwise) {
    if (config.isArray(field)) {
      List<Integer> both = config.integers(field);
      if (both.size() != 2) {
        throw config.refuse(field, "a size or [height, width]");
      }
      return both;
    }
    int size = config.integer(field, otherwise);
    return List.of(size, size);
  }

  /** Rows of patches. */
  int rows() {
    return height / patchHeight;
  }

  /** Columns of patches. */
  int columns() {
    return width / patchWidth;
  }

  /** How many patches. */
  int count() {
    return rows() * columns();
  }

  /** The axes of an input of pixels. */
  String[] axes() {
    return new String[] {
      ModelGraph.BATCH,
      Integer.toString(channels),
      Integer.toString(height),
      Integer.toString(width)
    };
  }

  /** The shape of the projection of patches. */
  long[] patches(int size) {
    return new long[] {size, channels, patchHeight, patchWidth};
  }
}
