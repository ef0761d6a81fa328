package io.github.attention4j.viz.bench;

import java.util.List;

/// How time grows with length: $t \propto n^a$, with $a$ by least squares of $\ln t$ over $\ln n$.
final class ScalingExponent {
  private ScalingExponent() {}

  /// $a$.
  ///
  /// @param lengths at least two different ones
  /// @param figures seconds or bytes, as many, each above 0
  static double fit(List<Long> lengths, List<Double> figures) {
    int n = lengths.size();
    if (n != figures.size() || lengths.stream().distinct().count() < 2) {
      throw new IllegalArgumentException(
          "lengths: expected two different ones and a figure for each, got "
              + lengths
              + " and "
              + figures);
    }
    double[] x = lengths.stream().mapToDouble(Math::log).toArray();
    double[] y = figures.stream().mapToDouble(Math::log).toArray();
    double meanX = mean(x);
    double meanY = mean(y);
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < n; i++) {
      covariance += (x[i] - meanX) * (y[i] - meanY);
      variance += (x[i] - meanX) * (x[i] - meanX);
    }
    return covariance / variance;
  }

  private static double mean(double[] figures) {
    double sum = 0;
    for (double figure : figures) {
      sum += figure;
    }
    return sum / figures.length;
  }
}
