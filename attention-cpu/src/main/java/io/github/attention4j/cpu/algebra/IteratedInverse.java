package io.github.attention4j.cpu.algebra;

import java.util.Arrays;

/// The Moore-Penrose inverse of a small square matrix by the third-order iteration of the
/// Nyströmformer: $Z_0 = A^\top / (|A|_1 |A|_\infty)$, $Z \leftarrow \frac14 Z (13 I - A Z (15 I -
/// A Z (7 I - A Z)))$.
///
/// Keeps its arrays between calls; to be used by one thread.
///
/// Source: Xiong et al. 2021 (arXiv:2102.03902), section 4.3.
public final class IteratedInverse {
  private double[][] z = new double[0][];
  private double[][] next = z;
  private double[][] az = z;
  private double[][] inner = z;
  private double[][] product = z;

  /// An instance without arrays yet.
  public IteratedInverse() {}

  /// The inverse, to be read before the next call.
  public double[][] of(double[][] a, int iterations) {
    int n = a.length;
    if (z.length != n) {
      z = new double[n][n];
      next = new double[n][n];
      az = new double[n][n];
      inner = new double[n][n];
      product = new double[n][n];
    }
    start(a);
    for (int step = 0; step < iterations; step++) {
      multiply(a, z, az);
      identityMinus(7, az, inner);
      multiply(az, inner, product);
      identityMinus(15, product, inner);
      multiply(az, inner, product);
      identityMinus(13, product, inner);
      multiply(z, inner, next);
      for (double[] row : next) {
        for (int j = 0; j < n; j++) {
          row[j] /= 4;
        }
      }
      double[][] before = z;
      z = next;
      next = before;
    }
    return z;
  }

  private void start(double[][] a) {
    int n = a.length;
    double rows = 0;
    double columns = 0;
    for (int i = 0; i < n; i++) {
      double row = 0;
      double column = 0;
      for (int j = 0; j < n; j++) {
        row += Math.abs(a[i][j]);
        column += Math.abs(a[j][i]);
      }
      rows = Math.max(rows, row);
      columns = Math.max(columns, column);
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        z[j][i] = a[i][j] / (rows * columns);
      }
    }
  }

  private static void identityMinus(double factor, double[][] a, double[][] into) {
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        into[i][j] = -a[i][j];
      }
      into[i][i] += factor;
    }
  }

  /// Four rows of `b` at a time, so that a sum is loaded and stored once for four products.
  private static void multiply(double[][] a, double[][] b, double[][] into) {
    int n = a.length;
    for (int i = 0; i < n; i++) {
      double[] row = a[i];
      double[] sum = into[i];
      Arrays.fill(sum, 0);
      int k = 0;
      for (; k + 4 <= n; k += 4) {
        add(sum, row[k], b[k], row[k + 1], b[k + 1], row[k + 2], b[k + 2], row[k + 3], b[k + 3]);
      }
      for (; k < n; k++) {
        for (int j = 0; j < n; j++) {
          sum[j] += row[k] * b[k][j];
        }
      }
    }
  }

  private static void add(
      double[] sum,
      double x0,
      double[] b0,
      double x1,
      double[] b1,
      double x2,
      double[] b2,
      double x3,
      double[] b3) {
    for (int j = 0; j < sum.length; j++) {
      sum[j] = sum[j] + x0 * b0[j] + x1 * b1[j] + x2 * b2[j] + x3 * b3[j];
    }
  }
}
