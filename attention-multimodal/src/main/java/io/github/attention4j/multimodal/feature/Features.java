package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.Labels;
import java.util.List;
import java.util.Optional;

/// A sequence of vectors with what they stand for: tokens, patches, regions with boxes, frames with
/// times.
///
/// @param values `[batch, length, features]`
/// @param mask 1 for what is there, 0 for padding, int64 `[batch, length]`; none means all is there
/// @param labels what the positions are, `length` of them; in traces
public record Features(Tensor values, Optional<LongTensor> mask, Labels labels) {
  public Features {
    if (values.shape().rank() != 3) {
      throw new IllegalArgumentException(
          "values: expected [batch, length, features], got " + values.describe());
    }
    if (labels.size() != values.shape().size(1)) {
      throw new IllegalArgumentException(
          "labels: expected " + values.shape().size(1) + ", got " + labels.size());
    }
    mask.ifPresent(m -> {
      if (m.shape().rank() != 2
          || m.shape().size(0) != values.shape().size(0)
          || m.shape().size(1) != values.shape().size(1)) {
        throw new IllegalArgumentException(
            "mask: expected int64 ["
                + values.shape().size(0)
                + ", "
                + values.shape().size(1)
                + "], got "
                + m.describe());
      }
    });
  }

  /// Positions known only by their numbers, all there.
  public static Features of(Tensor values) {
    return new Features(
        values, Optional.empty(), Labels.numbered(Math.toIntExact(values.shape().size(1))));
  }

  /// Regions of a picture, all there.
  ///
  /// @param boxes `x1, y1, x2, y2` of each, in 0..1 of the picture
  public static Features regions(Tensor values, List<List<Double>> boxes) {
    List<String> names =
        java.util.stream.IntStream.range(0, boxes.size()).mapToObj(i -> "region " + i).toList();
    return new Features(values, Optional.empty(), new Labels(Labels.Kind.REGION, names, boxes));
  }

  /// Frames of sound of equal length, all there.
  ///
  /// @param seconds from one frame to the next
  public static Features frames(Tensor values, double seconds) {
    int count = Math.toIntExact(values.shape().size(1));
    List<List<Double>> times =
        java.util.stream.IntStream.range(0, count)
            .mapToObj(i -> List.of(i * seconds, (i + 1) * seconds))
            .toList();
    List<String> names =
        times.stream()
            .map(time -> String.format(java.util.Locale.ROOT, "%.2f s", time.getFirst()))
            .toList();
    return new Features(values, Optional.empty(), new Labels(Labels.Kind.FRAME, names, times));
  }
}
