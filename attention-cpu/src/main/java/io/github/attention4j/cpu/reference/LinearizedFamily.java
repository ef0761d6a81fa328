package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Linearized;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.LinearizedInputs;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Linearized], as the quadratic attention it stands for: $w_{ij} \propto \phi(q_i) \cdot
/// \phi(k_j)$, from logarithms of features, so that no feature overflows or vanishes. Only the
/// captured state is summed up plainly.
final class LinearizedFamily {
  private final Set<Capture> captures;
  private final LinearizedInputs inputs;
  private final HeadInputs heads;
  private final FeatureMap map;
  private final Arguments arguments;
  private final Outcome outcome = new Outcome();

  private LinearizedFamily(Linearized mechanism, Set<Capture> captures, Arguments arguments) {
    this.captures = captures;
    this.arguments = arguments;
    inputs = new LinearizedInputs(mechanism, arguments.inputs());
    heads = inputs.heads();
    map = mechanism.features();
  }

  static Outcome run(Linearized mechanism, Set<Capture> captures, Arguments arguments) {
    LinearizedFamily family = new LinearizedFamily(mechanism, captures, arguments);
    family.run();
    return family.outcome;
  }

  private void run() {
    int features = inputs.features();
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray key = arguments.doubles(Inputs.KEY);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    DoubleArray output =
        DoubleArray.zeros(heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    DoubleArray phiQ =
        DoubleArray.zeros(heads.batch(), heads.queryHeads(), heads.queries(), features);
    DoubleArray phiK = DoubleArray.zeros(heads.batch(), heads.keyHeads(), heads.keys(), features);
    DoubleArray stateS =
        inputs.hasState()
            ? arguments.doubles(LinearizedInputs.STATE_S)
            : DoubleArray.zeros(heads.batch(), heads.keyHeads(), features, heads.valueSize());
    DoubleArray stateZ =
        inputs.hasState()
            ? arguments.doubles(LinearizedInputs.STATE_Z)
            : DoubleArray.zeros(heads.batch(), heads.keyHeads(), features);
    outcome.put(Result.OUTPUT, output);
    RowCaptures rows =
        new RowCaptures(
            captures, heads.batch(), heads.queryHeads(), heads.queries(), heads.keys(), outcome);
    for (int b = 0; b < heads.batch(); b++) {
      for (int h = 0; h < heads.queryHeads(); h++) {
        int keyHead = heads.keyHead(h);
        double[][] logQ = logFeatures(query.rows(b, h), h);
        double[][] logK = logFeatures(key.rows(b, keyHead), keyHead);
        double[][] v = value.rows(b, keyHead);
        double[][] past = stateS.rows(b, keyHead);
        double[] pastNorm = stateZ.row(b, keyHead);
        for (int i = 0; i < logQ.length; i++) {
          int visible = inputs.scope().visible(b, i);
          double[] scores = new double[heads.keys()];
          Arrays.fill(scores, Double.NEGATIVE_INFINITY);
          for (int j = 0; j < visible; j++) {
            scores[j] = logDot(logQ[i], logK[j]);
          }
          double[] weights = scores.clone();
          output.setRow(
              attend(weights, v, logQ[i], inputs.hasState() ? past : null, pastNorm), b, h, i);
          rows.accept(b, h, i, scores, weights, Double.NaN);
          phiQ.setRow(exp(logQ[i]), b, h, i);
        }
        for (int j = 0; j < logK.length; j++) {
          phiK.setRow(exp(logK[j]), b, keyHead, j);
        }
      }
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("phi_q", phiQ);
      outcome.put("phi_k", phiK);
    }
    if (captures.contains(Capture.STATE)) {
      advance(stateS, stateZ, phiK, value);
      outcome.put(LinearizedInputs.STATE_S, stateS);
      outcome.put(LinearizedInputs.STATE_Z, stateZ);
    }
  }

  /// Turns scores into weights in place; the output row.
  private double[] attend(
      double[] scores, double[][] v, double[] logQ, double @Nullable [][] past, double[] pastNorm) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      largest = Math.max(largest, score);
    }
    for (int r = 0; past != null && r < logQ.length; r++) {
      largest = Math.max(largest, logQ[r] + Math.log(pastNorm[r]));
    }
    double[] sum = new double[heads.valueSize()];
    double norm = 0;
    if (largest == Double.NEGATIVE_INFINITY) {
      Arrays.fill(scores, 0);
      return sum;
    }
    for (int j = 0; j < scores.length; j++) {
      scores[j] = Math.exp(scores[j] - largest);
      norm += scores[j];
      if (scores[j] != 0) {
        Vectors.add(sum, scores[j], v[j]);
      }
    }
    for (int r = 0; past != null && r < logQ.length; r++) {
      double feature = Math.exp(logQ[r] - largest);
      norm += feature * pastNorm[r];
      Vectors.add(sum, feature, past[r]);
    }
    for (int j = 0; j < scores.length; j++) {
      scores[j] /= norm;
    }
    for (int e = 0; e < sum.length; e++) {
      sum[e] /= norm;
    }
    return sum;
  }

  private void advance(
      DoubleArray stateS, DoubleArray stateZ, DoubleArray phiK, DoubleArray value) {
    for (int b = 0; b < heads.batch(); b++) {
      for (int h = 0; h < heads.keyHeads(); h++) {
        for (int j = 0; j < inputs.scope().keys(b); j++) {
          double[] phi = phiK.row(b, h, j);
          double[] v = value.row(b, h, j);
          for (int r = 0; r < phi.length; r++) {
            stateZ.values()[stateZ.index(b, h, r)] += phi[r];
            for (int e = 0; e < v.length; e++) {
              stateS.values()[stateS.index(b, h, r, e)] += phi[r] * v[e];
            }
          }
        }
      }
    }
  }

  private double[][] logFeatures(double[][] vectors, int head) {
    return switch (map) {
      case FeatureMap.EluPlusOne() ->
          Arrays.stream(vectors)
              .map(x -> Arrays.stream(x).map(e -> e > 0 ? Math.log1p(e) : e).toArray())
              .toArray(double[][]::new);
      case FeatureMap.FavorPlus(Tensor omega, boolean hyperbolic) -> {
        double[][] directions = Vectors.matrix(omega, head);
        yield Arrays.stream(vectors)
            .map(x -> favor(directions, x, hyperbolic))
            .toArray(double[][]::new);
      }
    };
  }

  private static double[] favor(double[][] directions, double[] x, boolean hyperbolic) {
    int m = directions.length;
    double root = Math.pow(x.length, 0.25);
    double[] scaled = Arrays.stream(x).map(e -> e / root).toArray();
    double[] projected = Vectors.times(directions, scaled);
    double shift = -Vectors.dot(scaled, scaled) / 2 - Math.log(hyperbolic ? 2 * m : m) / 2;
    double[] logs = new double[hyperbolic ? 2 * m : m];
    for (int r = 0; r < m; r++) {
      logs[r] = projected[r] + shift;
      if (hyperbolic) {
        logs[m + r] = -projected[r] + shift;
      }
    }
    return logs;
  }

  /// $\ln \sum_r e^{a_r + b_r}$.
  private static double logDot(double[] a, double[] b) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int r = 0; r < a.length; r++) {
      largest = Math.max(largest, a[r] + b[r]);
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      return largest;
    }
    double sum = 0;
    for (int r = 0; r < a.length; r++) {
      sum += Math.exp(a[r] + b[r] - largest);
    }
    return largest + Math.log(sum);
  }

  private static double[] exp(double[] logs) {
    return Arrays.stream(logs).map(Math::exp).toArray();
  }
}
