package io.github.attention4j.api.spi;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What one run of a foreign model gave.
///
/// @param outputs the model's own, by name; floats as float32, whole numbers as int64. Outputs of
///   other types are left out
/// @param maps in the order of execution
/// @param refusals sites whose maps turned out not to be attention or could not be shown, with
///   reasons
public record ModelRun(
    Map<String, NdArray> outputs, List<SiteMap> maps, List<InspectedModel.Refusal> refusals) {
  public ModelRun {
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    maps = List.copyOf(maps);
    refusals = List.copyOf(refusals);
  }

  /// How the positions of a site are called.
  @FunctionalInterface
  public interface Labeling {
    /// The labels of both sides.
    ///
    /// @param site where
    /// @param queries how many
    /// @param keys how many
    Sides label(AttentionSite site, int queries, int keys);
  }

  /// The labels of both sides of a map.
  public record Sides(Labels queries, Labels keys) {}

  /// The maps of one sample of the batch; weights are copied.
  ///
  /// A site that attends within windows has several maps per sample, named `site[0]`, `site[1]` …;
  /// one that does not depend on the sample has the same map for each.
  ///
  /// @param sample its number in the batch
  /// @param batch the size of the batch
  /// @param labeling the labels of both sides
  /// @param facts for the trace
  /// @throws IllegalArgumentException if a map's leading size is no multiple of the batch
  public AttentionTrace trace(int sample, int batch, Labeling labeling, Map<String, String> facts) {
    Objects.checkIndex(sample, batch);
    List<AttentionMap> traced = new ArrayList<>();
    for (SiteMap map : maps) {
      int leading = map.weights().shape().intSize(0);
      if (leading != 1 && leading % batch != 0) {
        throw new IllegalArgumentException(
            "batch: expected a divisor of "
                + leading
                + ", the leading size of the map of '"
                + map.site().name()
                + "', got "
                + batch);
      }
      int windows = Math.max(1, leading / batch);
      for (int window = 0; window < windows; window++) {
        Tensor weights = entry(map.weights(), leading == 1 ? 0 : sample * windows + window);
        Sides sides =
            labeling.label(map.site(), weights.shape().intSize(1), weights.shape().intSize(2));
        traced.add(
            new AttentionMap(
                windows == 1 ? map.site().name() : map.site().name() + "[" + window + "]",
                map.site().label(),
                weights,
                sides.queries(),
                sides.keys(),
                map.proof()));
      }
    }
    return new AttentionTrace(traced, facts);
  }

  private static Tensor entry(Tensor all, long index) {
    Tensor one = Tensor.allocate(all.shape().size(1), all.shape().size(2), all.shape().size(3));
    long bytes = one.segment().byteSize();
    one.segment().copyFrom(all.segment().asSlice(index * bytes, bytes));
    return one;
  }
}
