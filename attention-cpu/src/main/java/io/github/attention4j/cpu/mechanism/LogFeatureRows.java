package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.LinearizedInputs;
import io.github.attention4j.cpu.plan.RowCaptures;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Single queries of kernelized attention, key by key in float64, from the logarithms of features:
/// nothing overflows or vanishes.
///
/// Quadratic, so only for what has no linear form (weights of single keys), and for the rare query
/// whose denominator is lost in float32.
final class LogFeatureRows {
  private final FeatureMap map;
  private final LinearizedInputs in;
  private final HeadInputs heads;
  private final LinearizedKernel.@Nullable State before;
  private final double[] logQ;
  private final double[] logK;
  private final double[] weights;

  LogFeatureRows(FeatureMap map, LinearizedInputs in, LinearizedKernel.@Nullable State before) {
    this.map = map;
    this.in = in;
    this.before = before;
    heads = in.heads();
    logQ = new double[in.features()];
    logK = new double[in.features()];
    weights = new double[heads.keys()];
  }

  /// Hands all rows of a head to the captures.
  void capture(int b, int h, RowCaptures rows) {
    float[] row = new float[heads.keys()];
    float[] scores = new float[heads.keys()];
    double[] none = new double[heads.valueSize()];
    for (int i = 0; i < heads.queries(); i++) {
      int visible = in.scope().visible(b, i);
      weigh(b, h, i, none);
      for (int j = 0; j < row.length; j++) {
        row[j] = j < visible ? (float) weights[j] : 0f;
        scores[j] = j < visible ? 0f : Float.NEGATIVE_INFINITY;
      }
      rows.row(b, h, i, scores, row, 0);
    }
  }

  /// Computes the weights of a query and its output.
  void weigh(int b, int h, int i, double[] output) {
    int keyHead = heads.keyHead(h);
    int visible = in.scope().visible(b, i);
    logFeatures(heads.query(), ((long) b * heads.queryHeads() + h) * heads.queries() + i, h, logQ);
    double largest = Double.NEGATIVE_INFINITY;
    long firstKey = ((long) b * heads.keyHeads() + keyHead) * heads.keys();
    for (int j = 0; j < visible; j++) {
      logFeatures(heads.key(), firstKey + j, keyHead, logK);
      weights[j] = logDot();
      largest = Math.max(largest, weights[j]);
    }
    long state = ((long) b * heads.keyHeads() + keyHead) * in.features();
    for (int r = 0; before != null && r < logQ.length; r++) {
      largest = Math.max(largest, logQ[r] + Math.log(before.z().at(state + r)));
    }
    Arrays.fill(output, 0);
    double norm = 0;
    if (largest == Double.NEGATIVE_INFINITY) {
      Arrays.fill(weights, 0, visible, 0);
      return;
    }
    int size = output.length;
    for (int j = 0; j < visible; j++) {
      weights[j] = Math.exp(weights[j] - largest);
      norm += weights[j];
      for (int e = 0; e < size; e++) {
        output[e] += weights[j] * heads.value().at((firstKey + j) * size + e);
      }
    }
    for (int r = 0; before != null && r < logQ.length; r++) {
      double feature = Math.exp(logQ[r] - largest);
      norm += feature * before.z().at(state + r);
      for (int e = 0; e < size; e++) {
        output[e] += feature * before.s().at((state + r) * size + e);
      }
    }
    for (int j = 0; j < visible; j++) {
      weights[j] /= norm;
    }
    for (int e = 0; e < size; e++) {
      output[e] /= norm;
    }
  }

  private double logDot() {
    double largest = Double.NEGATIVE_INFINITY;
    for (int r = 0; r < logQ.length; r++) {
      largest = Math.max(largest, logQ[r] + logK[r]);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      return largest;
    }
    double sum = 0;
    for (int r = 0; r < logQ.length; r++) {
      sum += Math.exp(logQ[r] + logK[r] - largest);
    }
    return largest + Math.log(sum);
  }

  private void logFeatures(Tensor vectors, long row, int head, double[] into) {
    int size = heads.keySize();
    switch (map) {
      case FeatureMap.EluPlusOne() -> {
        for (int c = 0; c < size; c++) {
          double x = vectors.at(row * size + c);
          into[c] = x > 0 ? Math.log1p(x) : x;
        }
      }
      case FeatureMap.FavorPlus(Tensor omega, boolean hyperbolic) -> {
        int m = omega.shape().intSize(-2);
        long from = omega.shape().rank() == 3 ? (long) head * m * size : 0;
        double root = Math.pow(size, 0.25);
        double squares = 0;
        for (int c = 0; c < size; c++) {
          double x = vectors.at(row * size + c) / root;
          squares += x * x;
        }
        double shift = -squares / 2 - Math.log(in.features()) / 2;
        for (int r = 0; r < m; r++) {
          double projected = 0;
          for (int c = 0; c < size; c++) {
            projected += omega.at(from + (long) r * size + c) * (vectors.at(row * size + c) / root);
          }
          into[r] = projected + shift;
          if (hyperbolic) {
            into[m + r] = -projected + shift;
          }
        }
      }
    }
  }
}
