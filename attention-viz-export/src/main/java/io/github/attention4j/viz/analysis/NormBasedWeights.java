package io.github.attention4j.viz.analysis;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Norm-based maps: how large the vectors are that a query really receives, not only how they are
/// weighted.
///
/// `f_h(x) = (x W_V_h + b_V_h) W_O_h`; per head `‖a_ij^h f_h(x_j)‖`, per layer `‖Σ_h a_ij^h
/// f_h(x_j)‖`. `W_O` is split by rows per head; the output bias is not part of `f`. Source:
/// Kobayashi, Kuribayashi, Yokoi, Inui 2020 (arXiv:2004.10102), equations 5 and 6.
public final class NormBasedWeights {
  private final double[][][] heads;
  private final double[][] layer;
  private final double[][] transformedNorms;

  private NormBasedWeights(double[][][] heads, double[][] layer, double[][] transformedNorms) {
    this.heads = heads;
    this.layer = layer;
    this.transformedNorms = transformedNorms;
  }

  /// The norms for one sample.
  ///
  /// @param weights attention weights `[heads][queries][keys]`
  /// @param values projected values `x W_V + b_V`, `[keys][heads · valueSize]`
  /// @param outputWeights `W_O`, `[heads · valueSize][model]`
  public static NormBasedWeights of(
      double[][][] weights, double[][] values, double[][] outputWeights) {
    int heads = weights.length;
    int width = outputWeights.length;
    if (heads == 0 || width % heads != 0) {
      throw new IllegalArgumentException(
          "outputWeights: expected a multiple of " + heads + " heads as rows, got " + width);
    }
    int valueSize = width / heads;
    int keys = values.length;
    int queries = weights[0].length;
    int model = width == 0 ? 0 : outputWeights[0].length;
    double[][][] transformed = new double[heads][keys][];
    double[][] norms = new double[heads][keys];
    double[][][] perHead = new double[heads][queries][keys];
    for (int head = 0; head < heads; head++) {
      double[][] rows = Arrays.copyOfRange(outputWeights, head * valueSize, (head + 1) * valueSize);
      for (int key = 0; key < keys; key++) {
        double[] value = Arrays.copyOfRange(values[key], head * valueSize, (head + 1) * valueSize);
        transformed[head][key] = project(value, rows, null, model);
        norms[head][key] = norm(transformed[head][key]);
        for (int query = 0; query < queries; query++) {
          perHead[head][query][key] = Math.abs(weights[head][query][key]) * norms[head][key];
        }
      }
    }
    double[][] layer = new double[queries][keys];
    double[] sum = new double[model];
    for (int query = 0; query < queries; query++) {
      for (int key = 0; key < keys; key++) {
        Arrays.fill(sum, 0);
        for (int head = 0; head < heads; head++) {
          for (int unit = 0; unit < model; unit++) {
            sum[unit] += weights[head][query][key] * transformed[head][key][unit];
          }
        }
        layer[query][key] = norm(sum);
      }
    }
    return new NormBasedWeights(perHead, layer, norms);
  }

  /// Per head `‖a_ij^h f_h(x_j)‖`, `[heads][queries][keys]`.
  public double[][][] heads() {
    return heads;
  }

  /// All heads together, `‖Σ_h a_ij^h f_h(x_j)‖`, `[queries][keys]`.
  public double[][] layer() {
    return layer;
  }

  /// `‖f_h(x_j)‖`, `[heads][keys]`.
  public double[][] transformedNorms() {
    return transformedNorms;
  }

  /// `x W + b` for one row.
  ///
  /// @param weights `[in][out]`
  /// @param bias `[out]`, or null for none
  /// @param size the number of outputs
  public static double[] project(
      double[] x, double[][] weights, double @Nullable [] bias, int size) {
    double[] y = bias == null ? new double[size] : bias.clone();
    for (int in = 0; in < x.length; in++) {
      for (int out = 0; out < size; out++) {
        y[out] += x[in] * weights[in][out];
      }
    }
    return y;
  }

  private static double norm(double[] vector) {
    double squares = 0;
    for (double value : vector) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }
}
