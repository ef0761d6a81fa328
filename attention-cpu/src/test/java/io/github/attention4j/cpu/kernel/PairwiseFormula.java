package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.Arrays;

/// Pairwise softmax in float64, one pair at a time: what the driver is compared with.
final class PairwiseFormula {
  private final PairwiseInputs in;
  private final Pairwise mechanism;

  /// `[batch][head][query][key]`.
  final double[][][][] weights;

  /// `[batch][head][query][column]`.
  final double[][][][] output;

  final double[][][] logSumExp;

  PairwiseFormula(Pairwise mechanism, Inputs inputs) {
    this.mechanism = mechanism;
    in = new PairwiseInputs(mechanism, inputs);
    weights = new double[in.batch()][in.queryHeads()][in.queries()][in.keys()];
    output = new double[in.batch()][in.queryHeads()][in.queries()][in.valueSize()];
    logSumExp = new double[in.batch()][in.queryHeads()][in.queries()];
    for (int b = 0; b < in.batch(); b++) {
      for (int h = 0; h < in.queryHeads(); h++) {
        for (int i = 0; i < in.queries(); i++) {
          row(b, h, i);
        }
      }
    }
  }

  private void row(int b, int h, int i) {
    double[] s = new double[in.keys()];
    Arrays.fill(s, Double.NEGATIVE_INFINITY);
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < in.keys(); j++) {
      if (in.scope().allows(b, h, i, j)) {
        s[j] = score(mechanism.score(), b, h, i, j);
        for (Bias bias : mechanism.biases()) {
          double more = bias(bias, b, h, i, j);
          s[j] = more == Double.NEGATIVE_INFINITY ? more : s[j] + more;
        }
        max = Math.max(max, s[j]);
      }
    }
    if (max == Double.NEGATIVE_INFINITY) {
      logSumExp[b][h][i] = max;
      return;
    }
    double sum = 0;
    for (double x : s) {
      sum += Math.exp(x - max);
    }
    logSumExp[b][h][i] = max + Math.log(sum);
    for (int j = 0; j < in.keys(); j++) {
      double w = Math.exp(s[j] - max) / sum;
      weights[b][h][i][j] = w;
      if (w != 0) {
        for (int c = 0; c < in.valueSize(); c++) {
          output[b][h][i][c] += w * in.value().get(b, in.keyHead(h), j, c);
        }
      }
    }
  }

  private double bias(Bias bias, int b, int h, int i, int j) {
    return switch (bias) {
      case Bias.Dense(String input) -> {
        Tensor array = in.inputs().tensor(input);
        yield array.at(in.broadcast(input, array).index(b, h, i, j));
      }
      case Bias.Alibi(Tensor slopes) -> -slopes.at(h) * (double) Math.abs(in.position(b, i) - j);
      case Bias.RelativeBuckets r -> r.table().get(r.bucket(j - in.position(b, i)), h);
    };
  }

  private double[] vector(Tensor array, int b, int h, int i) {
    double[] x = new double[array.shape().intSize(3)];
    for (int c = 0; c < x.length; c++) {
      x[c] = array.get(b, h, i, c);
    }
    return x;
  }

  private double score(Score score, int b, int h, int i, int j) {
    if (score instanceof Score.Softcap(Score inner, double cap)) {
      return cap * Math.tanh(score(inner, b, h, i, j) / cap);
    }
    if (score instanceof Score.Given(String input)) {
      return in.inputs().tensor(input).get(b, h, i, j);
    }
    double[] q = vector(in.query(), b, h, i);
    double[] k = vector(in.key(), b, in.keyHead(h), j);
    if (score instanceof Score.Rotary rotary) {
      rotate(rotary, q, in.position(b, i));
      rotate(rotary, k, j);
      return pair(rotary.score(), h, q, k);
    }
    return pair(score, h, q, k);
  }

  private static void rotate(Score.Rotary rotary, double[] x, long position) {
    int half = rotary.size() / 2;
    for (int t = 0; t < half; t++) {
      double angle = position * Math.pow(rotary.base(), -2.0 * t / rotary.size());
      int first = rotary.interleaved() ? 2 * t : t;
      int second = rotary.interleaved() ? 2 * t + 1 : t + half;
      double a = x[first];
      double b = x[second];
      x[first] = a * Math.cos(angle) - b * Math.sin(angle);
      x[second] = a * Math.sin(angle) + b * Math.cos(angle);
    }
  }

  private double pair(Score score, int h, double[] q, double[] k) {
    return switch (score) {
      case Score.Dot() -> dot(q, k);
      case Score.ScaledDot(var scale) -> in.scale(scale) * dot(q, k);
      case Score.Cosine(double beta) -> {
        double norms = Math.sqrt(dot(q, q)) * Math.sqrt(dot(k, k));
        yield norms == 0 ? 0 : beta * dot(q, k) / norms;
      }
      case Score.Bilinear(Tensor w) -> {
        double sum = 0;
        for (int r = 0; r < q.length; r++) {
          for (int c = 0; c < k.length; c++) {
            sum += q[r] * at(w, h, r, c) * k[c];
          }
        }
        yield sum;
      }
      case Score.Additive(Tensor w, Tensor u, Tensor v) -> {
        double sum = 0;
        int size = w.shape().intSize(-2);
        for (int e = 0; e < size; e++) {
          double x = 0;
          for (int c = 0; c < q.length; c++) {
            x += at(w, h, e, c) * q[c];
          }
          for (int c = 0; c < k.length; c++) {
            x += at(u, h, e, c) * k[c];
          }
          sum += (v.shape().rank() == 2 ? v.get(h, e) : v.get(e)) * Math.tanh(x);
        }
        yield sum;
      }
      case Score.Softcap _, Score.Rotary _, Score.Given _ -> throw new AssertionError(score);
    };
  }

  private static double at(Tensor w, int h, int r, int c) {
    return w.shape().rank() == 3 ? w.get(h, r, c) : w.get(r, c);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
