package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Tensor;

/// Vectors and matrices in float64, as the formulas need them.
final class Vectors {
  private Vectors() {}

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  static double norm(double[] a) {
    double largest = 0;
    for (double value : a) {
      largest = Math.max(largest, Math.abs(value));
    }
    if (largest == 0 || !Double.isFinite(largest)) {
      return largest;
    }
    double sum = 0;
    for (double value : a) {
      sum += value / largest * (value / largest);
    }
    return largest * Math.sqrt(sum);
  }

  /// The cosine of the angle between two vectors; 0 if one of them is 0.
  static double cosine(double[] a, double[] b) {
    double norms = norm(a) * norm(b);
    return norms == 0 ? 0 : dot(a, b) / norms;
  }

  /// $a \leftarrow a + c\,b$.
  static void add(double[] a, double c, double[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += c * b[i];
    }
  }

  /// The matrix `[rows, columns]` at `head` of a parameter with or without a leading axis of heads.
  static double[][] matrix(Tensor parameter, int head) {
    int rows = parameter.shape().intSize(-2);
    int columns = parameter.shape().intSize(-1);
    long from = parameter.shape().rank() == 3 ? (long) head * rows * columns : 0;
    double[][] matrix = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        matrix[r][c] = parameter.at(from + (long) r * columns + c);
      }
    }
    return matrix;
  }

  /// $M x$.
  static double[] times(double[][] matrix, double[] vector) {
    double[] product = new double[matrix.length];
    for (int r = 0; r < matrix.length; r++) {
      product[r] = dot(matrix[r], vector);
    }
    return product;
  }

  /// $M^\top x$, where rows with factor 0 are not read: what has no weight may be anything.
  static double[] transposedTimes(double[][] matrix, double[] vector, int columns) {
    double[] product = new double[columns];
    for (int r = 0; r < matrix.length; r++) {
      if (vector[r] != 0) {
        add(product, vector[r], matrix[r]);
      }
    }
    return product;
  }

  /// Softmax in place; −∞ has weight 0, and a row of nothing else stays 0. Returns $\ln \sum e^s$.
  static double softmax(double[] scores) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      largest = Math.max(largest, score);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      java.util.Arrays.fill(scores, 0);
      return Double.NEGATIVE_INFINITY;
    }
    double sum = 0;
    for (int j = 0; j < scores.length; j++) {
      scores[j] = Math.exp(scores[j] - largest);
      sum += scores[j];
    }
    for (int j = 0; j < scores.length; j++) {
      scores[j] /= sum;
    }
    return largest + Math.log(sum);
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
