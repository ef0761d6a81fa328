package io.github.attention4j.multimodal.image;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns pictures into what a vision tower reads: resize, centre crop, scale, normalise; each step
/// as `preprocessor_config.json` says. Bit for bit the published processor up to the crop.
///
/// @param resize what the resize aims at
/// @param crop height and width of the centre crop; what a smaller picture lacks is 0 before
///   normalising
/// @param factor what bytes are multiplied by
/// @param mean per channel, subtracted after scaling
/// @param deviation per channel, divided by
public record ImagePreprocessor(
    Optional<Resize> resize,
    Optional<List<Integer>> crop,
    double factor,
    List<Double> mean,
    List<Double> deviation) {
  private static final int BICUBIC = 3;
  private static final int LARGEST = 16384;

  /// What a resize aims at.
  ///
  /// @param height of the result; the shorter edge if `shortest`
  /// @param width of the result
  /// @param shortest whether only the shorter edge is given and the longer follows, truncated
  public record Resize(int height, int width, boolean shortest) {}

  public ImagePreprocessor {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != 3 || deviation.size() != 3 || deviation.contains(0.0)) {
      throw new IllegalArgumentException(
          "mean, deviation: expected three numbers each, deviations not 0, got "
              + mean
              + " and "
              + deviation);
    }
  }

  /// Reads `preprocessor_config.json` of a CLIP model (`CLIPImageProcessor`,
  /// `CLIPFeatureExtractor`); the older spelling has plain numbers as sizes.
  public static ImagePreprocessor clip(Config config) {
    Optional<Resize> resize = Optional.empty();
    if (config.flag("do_resize", true)) {
      if (config.integer("resample", BICUBIC) != BICUBIC) {
        throw config.refuse("resample", "3, bicubic");
      }
      resize = Optional.of(resize(config));
    }
    Optional<List<Integer>> crop =
        config.flag("do_center_crop", true)
            ? Optional.of(heightAndWidth(config, "crop_size"))
            : Optional.empty();
    boolean normalize = config.flag("do_normalize", true);
    return new ImagePreprocessor(
        resize,
        crop,
        config.flag("do_rescale", true) ? config.number("rescale_factor", 1 / 255.0) : 1,
        normalize ? config.numbers("image_mean") : List.of(0.0, 0.0, 0.0),
        normalize ? config.numbers("image_std") : List.of(1.0, 1.0, 1.0));
  }

  private static Resize resize(Config config) {
    boolean section = config.isObject("size");
    if (section && !config.section("size").has("shortest_edge")) {
      List<Integer> both = heightAndWidth(config, "size");
      return new Resize(both.get(0), both.get(1), false);
    }
    int edge =
        section ? config.section("size").positive("shortest_edge") : config.integer("size", 224);
    if (edge < 1 || edge > LARGEST) {
      throw config.refuse("size", "a shortest edge of 1 to " + LARGEST);
    }
    return new Resize(edge, edge, true);
  }

  private static List<Integer> heightAndWidth(Config config, String field) {
    List<Integer> both = new ArrayList<>();
    if (config.isObject(field)) {
      both.add(config.section(field).positive("height"));
      both.add(config.section(field).positive("width"));
    } else {
      int size = config.integer(field, 224);
      both.add(size);
      both.add(size);
    }
    if (both.get(0) < 1 || both.get(1) < 1 || Math.max(both.get(0), both.get(1)) > LARGEST) {
      throw config.refuse(field, "sizes of 1 to " + LARGEST);
    }
    return both;
  }

  /// Which part of a picture the pixels show, in 0..1 of the picture; beyond it where a crop is
  /// larger.
  ///
  /// @param left in 0..1 of the picture's width
  /// @param top in 0..1 of its height
  /// @param right in 0..1 of its width
  /// @param bottom in 0..1 of its height
  public record View(double left, double top, double right, double bottom) {
    /// The whole picture.
    public static final View WHOLE = new View(0, 0, 1, 1);

    /// Where a place of the pixels is in the picture, both in 0..1, to the right.
    double x(double place) {
      return left + (right - left) * place;
    }

    /// Where a place of the pixels is in the picture, both in 0..1, downwards.
    double y(double place) {
      return top + (bottom - top) * place;
    }
  }

  /// Which part of this picture [#pixels] shows.
  public View view(Picture picture) {
    Size whole = size(picture);
    int height = crop.map(size -> size.get(0)).orElse(whole.height());
    int width = crop.map(size -> size.get(1)).orElse(whole.width());
    double top = offset(whole.height(), height);
    double left = offset(whole.width(), width);
    return new View(
        left / whole.width(),
        top / whole.height(),
        (left + width) / whole.width(),
        (top + height) / whole.height());
  }

  private record Size(int width, int height) {}

  /** The size after the resize. */
  private Size size(Picture picture) {
    if (resize.isEmpty()) {
      return new Size(picture.width(), picture.height());
    }
    Resize target = resize.get();
    if (!target.shortest()) {
      return new Size(target.width(), target.height());
    }
    long longer = Math.max(picture.width(), picture.height());
    long shorter = Math.min(picture.width(), picture.height());
    long other = target.height() * longer / shorter;
    if (other > 64L * LARGEST) {
      throw new IllegalArgumentException(
          "picture: expected edges less unlike than " + picture.width() + " x " + picture.height());
    }
    return picture.height() >= picture.width()
        ? new Size(target.width(), (int) other)
        : new Size((int) other, target.height());
  }

  /// The picture resized, before the crop.
  public Picture resized(Picture picture) {
    Size size = size(picture);
    return BicubicResize.resize(picture, size.width(), size.height());
  }

  /// Pixels for the model: float32 `[1, 3, height, width]`.
  public Tensor pixels(Picture picture) {
    Picture whole = resized(picture);
    int height = crop.map(size -> size.get(0)).orElse(whole.height());
    int width = crop.map(size -> size.get(1)).orElse(whole.width());
    int top = offset(whole.height(), height);
    int left = offset(whole.width(), width);
    Tensor pixels = Tensor.allocate(1, 3, height, width);
    byte[] rgb = whole.rgb();
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int fromY = y + top;
          int fromX = x + left;
          boolean inside =
              fromY >= 0 && fromX >= 0 && fromY < whole.height() && fromX < whole.width();
          int value =
              inside ? Byte.toUnsignedInt(rgb[3 * (fromY * whole.width() + fromX) + channel]) : 0;
          pixels.set(
              ((long) channel * height + y) * width + x,
              (float) ((value * factor - mean.get(channel)) / deviation.get(channel)));
        }
      }
    }
    return pixels;
  }

  /** Where a crop begins in the picture; negative where the picture is smaller. */
  private static int offset(int size, int crop) {
    if (crop <= size) {
      return (size - crop) / 2;
    }
    // As published: padded by the upper half of what lacks, then cropped from the floor of the
    // half.
    int padding = (crop - size + 1) / 2;
    return Math.max(0, Math.floorDiv(size - crop, 2) + padding) - padding;
  }
}
