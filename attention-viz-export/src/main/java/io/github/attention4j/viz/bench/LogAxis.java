package io.github.attention4j.viz.bench;

import java.util.ArrayList;
import java.util.List;

/// A logarithmic axis from data to pixels.
///
/// @param low where the axis starts, above 0
/// @param high where it ends, above `low`
/// @param from pixels at `low`
/// @param to pixels at `high`
record LogAxis(double low, double high, double from, double to) {
  /// An axis over these figures, with room to the next step of `base` on both sides.
  static LogAxis over(List<Double> figures, double base, double from, double to) {
    double least = figures.stream().mapToDouble(Double::doubleValue).min().orElse(1);
    double most = figures.stream().mapToDouble(Double::doubleValue).max().orElse(base);
    double low = Math.pow(base, Math.floor(log(least, base) + 1e-9));
    double high = Math.pow(base, Math.ceil(log(most, base) - 1e-9));
    return new LogAxis(low, high > low ? high : low * base, from, to);
  }

  /// Pixels of a figure.
  double at(double figure) {
    return from + (to - from) * Math.log(figure / low) / Math.log(high / low);
  }

  /// The steps of `base` on the axis, both ends included.
  List<Double> steps(double base) {
    List<Double> steps = new ArrayList<>();
    int first = (int) Math.round(log(low, base));
    int last = (int) Math.round(log(high, base));
    for (int i = first; i <= last; i++) {
      steps.add(Math.pow(base, i));
    }
    return steps;
  }

  private static double log(double figure, double base) {
    return Math.log(figure) / Math.log(base);
  }
}
