package io.github.attention4j.viz.report;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.AttentionFlow;
import io.github.attention4j.viz.analysis.HeadWeights;
import io.github.attention4j.viz.analysis.Rollout;
import io.github.attention4j.viz.analysis.Sequences;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// One map of the page: a map of the trace, or what was derived from all layers of a kind.
///
/// @param map the weights; a derived one has a "head" per layer
/// @param derived `rollout`, `flow` or `norms`, or empty for a map of the trace
/// @param heads how each head is stored
record ReportMap(AttentionMap map, Optional<String> derived, List<Quantised> heads) {
  /// Flow costs about layers² n⁴ steps; beyond this it is left out.
  private static final double MOST_FLOW_STEPS = 4e7;

  /// What maps of lengths are derived as: with a head per head, unlike the others.
  static final String NORMS = "norms";

  /// All maps of a report, those of the trace first.
  static List<ReportMap> of(Report report) {
    List<AttentionMap> real = report.trace.maps();
    Map<AttentionMap, String> derived = new LinkedHashMap<>();
    real.stream()
        .map(map -> map.label().kind())
        .distinct()
        .forEach(kind -> derive(real, kind, derived));
    report.norms.forEach(map -> derived.put(map, NORMS));
    double cells = 0;
    for (AttentionMap map : real) {
      cells += map.weights().shape().elements();
    }
    for (AttentionMap map : derived.keySet()) {
      cells += map.weights().shape().elements();
    }
    double bytesPerCell = report.bytes * 3.0 / 4.0 / cells;
    List<ReportMap> maps = new ArrayList<>();
    real.forEach(map -> maps.add(quantised(map, Optional.empty(), bytesPerCell)));
    derived.forEach((map, name) -> maps.add(quantised(map, Optional.of(name), bytesPerCell)));
    return maps;
  }

  private static ReportMap quantised(
      AttentionMap map, Optional<String> derived, double bytesPerCell) {
    double bytes = bytesPerCell * map.queries().size() * map.keys().size();
    List<Quantised> heads =
        IntStream.range(0, map.heads())
            .parallel()
            .mapToObj(head -> Quantised.within(HeadWeights.of(map, head), bytes))
            .toList();
    return new ReportMap(map, derived, heads);
  }

  /// Rollout and flow need every layer of the kind, in order, over one sequence.
  private static void derive(
      List<AttentionMap> maps, MapLabel.Kind kind, Map<AttentionMap, String> derived) {
    List<AttentionMap> layers = maps.stream().filter(map -> map.label().kind() == kind).toList();
    Labels labels = layers.getFirst().keys();
    Labels outputs = layers.getFirst().queries();
    boolean oneSequence =
        IntStream.range(0, layers.size())
            .allMatch(i ->
                layers.get(i).label().layer() == i
                    && layers.get(i).queries().equals(outputs)
                    && Sequences.same(layers.get(i))
                    && layers.get(i).keys().equals(labels));
    if (!oneSequence) {
      return;
    }
    List<double[][]> augmented =
        layers.stream().map(layer -> Rollout.augment(layer.weights())).toList();
    derived.put(map("rollout", kind, outputs, labels, Rollout.of(augmented)), "rollout");
    double steps = Math.pow(layers.size(), 2) * Math.pow(labels.size(), 4);
    if (steps <= MOST_FLOW_STEPS) {
      List<double[][]> flows =
          AttentionFlow.of(augmented).stream().map(AttentionFlow::normalised).toList();
      derived.put(map("flow", kind, outputs, labels, flows), "flow");
    }
  }

  private static AttentionMap map(
      String name, MapLabel.Kind kind, Labels outputs, Labels labels, List<double[][]> layers) {
    int length = labels.size();
    Tensor weights = Tensor.allocate(layers.size(), length, length);
    long at = 0;
    for (double[][] layer : layers) {
      for (double[] row : layer) {
        for (double value : row) {
          weights.set(at++, (float) value);
        }
      }
    }
    return new AttentionMap(
        name + " of " + kind.text(), new MapLabel(kind, 0), weights, outputs, labels, "");
  }
}
