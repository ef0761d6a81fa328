package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.network.Activation;
import io.github.attention4j.cpu.plan.Expect;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Layers that map each row (the last axis) by itself.
final class RowLayers {
  private RowLayers() {}

  static DoubleArray linear(DoubleArray x, DoubleArray weight, Optional<DoubleArray> bias) {
    Expect.equal("input", "channels (last axis)", weight.shape().size(1), x.shape().size(-1));
    double[][] w = weight.rows();
    return map(
        x,
        w.length,
        row -> {
          double[] y = Vectors.times(w, row);
          bias.ifPresent(b -> Vectors.add(y, 1, b.values()));
          return y;
        });
  }

  static DoubleArray layerNorm(
      DoubleArray x, DoubleArray weight, DoubleArray bias, double epsilon) {
    Expect.equal("input", "channels (last axis)", weight.shape().size(0), x.shape().size(-1));
    return map(
        x,
        x.size(-1),
        row -> {
          double mean = Arrays.stream(row).average().orElse(0);
          double variance =
              Arrays.stream(row).map(e -> (e - mean) * (e - mean)).average().orElse(0);
          double[] y = new double[row.length];
          Arrays.setAll(
              y,
              c -> (row[c] - mean) / Math.sqrt(variance + epsilon) * weight.get(c) + bias.get(c));
          return y;
        });
  }

  static DoubleArray rmsNorm(DoubleArray x, DoubleArray weight, double epsilon) {
    Expect.equal("input", "channels (last axis)", weight.shape().size(0), x.shape().size(-1));
    return map(
        x,
        x.size(-1),
        row -> {
          double mean = Vectors.dot(row, row) / row.length;
          double[] y = new double[row.length];
          Arrays.setAll(y, c -> row[c] / Math.sqrt(mean + epsilon) * weight.get(c));
          return y;
        });
  }

  static DoubleArray normalize(DoubleArray x) {
    return map(
        x,
        x.size(-1),
        row -> {
          double norm = Vectors.norm(row);
          return Arrays.stream(row).map(e -> e / norm).toArray();
        });
  }

  static DoubleArray activate(DoubleArray x, Activation function) {
    return map(x, x.size(-1), row -> Arrays.stream(row).map(e -> activate(e, function)).toArray());
  }

  private static double activate(double x, Activation function) {
    return switch (function) {
      case RELU -> Math.max(x, 0);
      case GELU -> x * ErrorFunction.normal(x);
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case QUICK_GELU -> x * Vectors.sigmoid(1.702 * x);
      case SILU -> x * Vectors.sigmoid(x);
      case TANH -> Math.tanh(x);
      case SIGMOID -> Vectors.sigmoid(x);
    };
  }

  static DoubleArray map(DoubleArray x, int size, UnaryOperator<double[]> function) {
    long[] sizes = x.shape().toArray();
    int from = x.size(-1);
    int rows = 1;
    for (int axis = 0; axis + 1 < sizes.length; axis++) {
      rows = Math.multiplyExact(rows, Math.toIntExact(sizes[axis]));
    }
    sizes[sizes.length - 1] = size;
    DoubleArray y = DoubleArray.zeros(sizes);
    for (int r = 0; r < rows; r++) {
      double[] row = Arrays.copyOfRange(x.values(), r * from, (r + 1) * from);
      System.arraycopy(function.apply(row), 0, y.values(), r * size, size);
    }
    return y;
  }
}
