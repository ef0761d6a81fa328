package io.github.attention4j.viz.analysis;

/// Classical multidimensional scaling: points in the plane whose distances come close to the given
/// ones.
///
/// `B = -½ J D² J` with `J = I - 11ᵀ/n`; a point's coordinates are its entries in the two leading
/// eigenvectors, each times the root of its eigenvalue. Source: Torgerson 1952, "Multidimensional
/// scaling: I. Theory and method". Eigenvectors by Jacobi rotations; signs are fixed so that the
/// same distances always give the same picture.
public final class ClassicalScaling {
  private static final int MOST_SWEEPS = 60;

  private ClassicalScaling() {}

  /// `[n][2]` for symmetric distances `[n][n]`.
  public static double[][] plane(double[][] distances) {
    int n = distances.length;
    double[][] b = centred(distances);
    double[][] vectors = eigenvectors(b);
    int first = largest(b, -1);
    int second = largest(b, first);
    double[][] points = new double[n][2];
    for (int axis = 0; axis < 2; axis++) {
      int column = axis == 0 ? first : second;
      if (column < 0) {
        continue;
      }
      double scale = Math.sqrt(Math.max(0, b[column][column])) * sign(vectors, column);
      for (int i = 0; i < n; i++) {
        points[i][axis] = vectors[i][column] * scale;
      }
    }
    return points;
  }

  private static double[][] centred(double[][] distances) {
    int n = distances.length;
    double[][] b = new double[n][n];
    double[] means = new double[n];
    double all = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        b[i][j] = -0.5 * distances[i][j] * distances[i][j];
        means[i] += b[i][j] / n;
        all += b[i][j] / n / n;
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        b[i][j] += all - means[i] - means[j];
      }
    }
    return b;
  }

  /// Turns `a` into its diagonal of eigenvalues and returns the eigenvectors as columns.
  private static double[][] eigenvectors(double[][] a) {
    int n = a.length;
    double[][] vectors = new double[n][n];
    double scale = 0;
    for (int i = 0; i < n; i++) {
      vectors[i][i] = 1;
      for (int j = 0; j < n; j++) {
        scale = Math.max(scale, Math.abs(a[i][j]));
      }
    }
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      double rest = 0;
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rest = Math.max(rest, Math.abs(a[p][q]));
          rotate(a, vectors, p, q, scale);
        }
      }
      if (rest <= 1e-12 * scale) {
        break;
      }
    }
    return vectors;
  }

  private static void rotate(double[][] a, double[][] vectors, int p, int q, double scale) {
    if (Math.abs(a[p][q]) <= 1e-15 * scale) {
      return;
    }
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1 / (Math.abs(theta) + Math.hypot(theta, 1)), theta);
    double cos = 1 / Math.hypot(t, 1);
    double sin = t * cos;
    for (int k = 0; k < a.length; k++) {
      double kp = a[k][p];
      double kq = a[k][q];
      a[k][p] = cos * kp - sin * kq;
      a[k][q] = sin * kp + cos * kq;
    }
    for (int k = 0; k < a.length; k++) {
      double pk = a[p][k];
      double qk = a[q][k];
      a[p][k] = cos * pk - sin * qk;
      a[q][k] = sin * pk + cos * qk;
      double vp = vectors[k][p];
      double vq = vectors[k][q];
      vectors[k][p] = cos * vp - sin * vq;
      vectors[k][q] = sin * vp + cos * vq;
    }
  }

  private static int largest(double[][] diagonal, int except) {
    int best = -1;
    for (int i = 0; i < diagonal.length; i++) {
      if (i != except && (best < 0 || diagonal[i][i] > diagonal[best][best])) {
        best = i;
      }
    }
    return best;
  }

  /// The sign that makes the entry of the largest size positive.
  private static double sign(double[][] vectors, int column) {
    double largest = 0;
    for (double[] row : vectors) {
      if (Math.abs(row[column]) > Math.abs(largest) + 1e-9) {
        largest = row[column];
      }
    }
    return largest < 0 ? -1 : 1;
  }
}
