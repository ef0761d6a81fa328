package io.github.attention4j.cpu.algebra;

/// The Moore-Penrose inverse of a small square matrix.
public final class PseudoInverse {
  /// Singular values up to this share of the largest count as zero.
  public static final double RANK_TOLERANCE = 1e-12;

  private static final double ORTHOGONAL = 1e-15;
  private static final int MAX_SWEEPS = 60;

  private PseudoInverse() {}

  /// $A^+ = V \Sigma^+ U^\top$ through a singular value decomposition by one-sided Jacobi rotations
  /// (Hestenes 1958), which finds small singular values to high relative accuracy.
  public static double[][] exact(double[][] a) {
    int n = a.length;
    // Columns of `u` are rotated until they are orthogonal; `v` collects the rotations: a = (u /
    // sigma) sigma v^T.
    double[][] u = transposed(a);
    double[][] v = identity(n);
    for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
      boolean rotated = false;
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotated |= orthogonalize(u, v, p, q);
        }
      }
      if (!rotated) {
        break;
      }
    }
    double largest = 0;
    double[] squared = new double[n];
    for (int c = 0; c < n; c++) {
      squared[c] = dot(u[c], u[c]);
      largest = Math.max(largest, Math.sqrt(squared[c]));
    }
    double[][] inverse = new double[n][n];
    for (int c = 0; c < n; c++) {
      if (Math.sqrt(squared[c]) > RANK_TOLERANCE * largest) {
        for (int i = 0; i < n; i++) {
          for (int j = 0; j < n; j++) {
            inverse[i][j] += v[c][i] * u[c][j] / squared[c];
          }
        }
      }
    }
    return inverse;
  }

  /// Rotates columns `p` and `q` until they are orthogonal; whether there was anything to do.
  private static boolean orthogonalize(double[][] u, double[][] v, int p, int q) {
    double alpha = dot(u[p], u[p]);
    double beta = dot(u[q], u[q]);
    double gamma = dot(u[p], u[q]);
    if (Math.abs(gamma) <= ORTHOGONAL * Math.sqrt(alpha * beta) || gamma == 0) {
      return false;
    }
    double zeta = (beta - alpha) / (2 * gamma);
    double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
    double cosine = 1 / Math.hypot(1, tangent);
    double sine = cosine * tangent;
    rotate(u[p], u[q], cosine, sine);
    rotate(v[p], v[q], cosine, sine);
    return true;
  }

  private static void rotate(double[] a, double[] b, double cosine, double sine) {
    for (int i = 0; i < a.length; i++) {
      double x = a[i];
      a[i] = cosine * x - sine * b[i];
      b[i] = sine * x + cosine * b[i];
    }
  }

  /// As [IteratedInverse], in arrays of its own.
  public static double[][] iterated(double[][] a, int iterations) {
    return new IteratedInverse().of(a, iterations);
  }

  private static double[][] transposed(double[][] a) {
    double[][] result = new double[a.length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        result[j][i] = a[i][j];
      }
    }
    return result;
  }

  private static double[][] identity(int n) {
    double[][] result = new double[n][n];
    for (int i = 0; i < n; i++) {
      result[i][i] = 1;
    }
    return result;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
