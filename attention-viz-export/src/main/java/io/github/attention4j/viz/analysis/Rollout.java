package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Attention rollout: how much of each input position reaches each position of a layer.
///
/// `A'_l = renorm(½ mean_h A_l + ½ I)`, `R_1 = A'_1`, `R_l = A'_l R_{l-1}`; rows are renormalised
/// in double. Source: Abnar & Zuidema 2020 (arXiv:2005.00928), section 3.
public final class Rollout {
  /// The share of the residual connection.
  public static final double RESIDUAL = 0.5;

  private Rollout() {}

  /// The rollout after every layer.
  ///
  /// @param layers from [#augment], the layer next to the input first
  /// @return per layer `[outputs][inputs]`
  public static List<double[][]> of(List<double[][]> layers) {
    List<double[][]> rollouts = new ArrayList<>();
    for (double[][] layer : layers) {
      rollouts.add(rollouts.isEmpty() ? copy(layer) : multiply(layer, rollouts.getLast()));
    }
    return rollouts;
  }

  /// `renorm(½ mean_h A + ½ I)`: the mean head with the residual connection.
  ///
  /// @param weights `[heads, n, n]`
  /// @return `[n][n]`, every row sums to 1
  public static double[][] augment(Tensor weights) {
    return augment(weights, RESIDUAL);
  }

  /// The same with another share of the residual connection, 0 to 1.
  public static double[][] augment(Tensor weights, double residual) {
    int heads = weights.shape().intSize(0);
    int length = weights.shape().intSize(1);
    if (weights.shape().rank() != 3 || weights.shape().intSize(2) != length || heads == 0) {
      throw new IllegalArgumentException(
          "weights: expected [heads, n, n] with a head, got " + weights.describe());
    }
    double[][] augmented = new double[length][length];
    float[] row = new float[length];
    for (int head = 0; head < heads; head++) {
      HeadWeights view = HeadWeights.of(weights, head);
      for (int query = 0; query < length; query++) {
        view.row(query, row);
        for (int key = 0; key < length; key++) {
          augmented[query][key] += (1 - residual) * row[key] / heads;
        }
      }
    }
    for (int query = 0; query < length; query++) {
      augmented[query][query] += residual;
      normalise(augmented[query]);
    }
    return augmented;
  }

  static void normalise(double[] row) {
    double sum = 0;
    for (double value : row) {
      sum += value;
    }
    if (sum > 0) {
      for (int i = 0; i < row.length; i++) {
        row[i] /= sum;
      }
    }
  }

  private static double[][] copy(double[][] matrix) {
    double[][] copy = new double[matrix.length][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = matrix[i].clone();
    }
    return copy;
  }

  private static double[][] multiply(double[][] left, double[][] right) {
    int length = left.length;
    double[][] product = new double[length][length];
    for (int i = 0; i < length; i++) {
      for (int k = 0; k < length; k++) {
        double factor = left[i][k];
        if (factor != 0) {
          for (int j = 0; j < length; j++) {
            product[i][j] += factor * right[k][j];
          }
        }
      }
    }
    return product;
  }
}
