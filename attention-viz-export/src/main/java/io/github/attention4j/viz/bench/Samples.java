package io.github.attention4j.viz.bench;

import java.util.Arrays;
import java.util.List;

/// Seconds per run, one figure per round, in the order of the rounds.
///
/// @param seconds at least one, each above 0
public record Samples(List<Double> seconds) {
  public Samples {
    seconds = List.copyOf(seconds);
    if (seconds.isEmpty() || seconds.stream().anyMatch(each -> !(each > 0))) {
      throw new IllegalArgumentException("seconds: expected figures above 0, got " + seconds);
    }
  }

  /// The middle one, or the mean of the two in the middle.
  public double median() {
    return median(seconds);
  }

  /// The fastest round.
  public double min() {
    return sorted(seconds)[0];
  }

  /// The slowest round.
  public double max() {
    return sorted(seconds)[seconds.size() - 1];
  }

  /// How far the rounds lie apart: (slowest − fastest) / median.
  public double spread() {
    return (max() - min()) / median();
  }

  /// How many times as long as these the others took, round by round: rounds are interleaved, so
  /// that what slows a machine down for a while slows both.
  public List<Double> ratios(Samples others) {
    if (others.seconds.size() != seconds.size()) {
      throw new IllegalArgumentException(
          "others: expected " + seconds.size() + " rounds, got " + others.seconds.size());
    }
    Double[] ratios = new Double[seconds.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = others.seconds.get(i) / seconds.get(i);
    }
    return List.of(ratios);
  }

  /// The median of any figures; at least one.
  public static double median(List<Double> figures) {
    double[] sorted = sorted(figures);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /// The geometric mean of figures above 0; at least one.
  public static double geometricMean(List<Double> figures) {
    return Math.exp(figures.stream().mapToDouble(Math::log).average().orElseThrow());
  }

  private static double[] sorted(List<Double> figures) {
    double[] sorted = figures.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }
}
