package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Landmark;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.algebra.PseudoInverse;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.Segments;
import java.util.Set;

/// [Landmark]: the weights are the product of three small softmax matrices.
final class LandmarkFamily {
  private LandmarkFamily() {}

  static Outcome run(Landmark mechanism, Set<Capture> captures, Arguments arguments) {
    Segments segments = Segments.of(mechanism, arguments.inputs());
    HeadInputs heads = segments.heads();
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray key = arguments.doubles(Inputs.KEY);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    int m = segments.count();
    DoubleArray output =
        DoubleArray.zeros(heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    DoubleArray qLandmarks =
        DoubleArray.zeros(heads.batch(), heads.queryHeads(), m, heads.keySize());
    DoubleArray kLandmarks = DoubleArray.zeros(heads.batch(), heads.keyHeads(), m, heads.keySize());
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    RowCaptures rows =
        new RowCaptures(
            captures, heads.batch(), heads.queryHeads(), heads.queries(), heads.keys(), outcome);
    double scale = heads.scale(mechanism.scale());
    for (int b = 0; b < heads.batch(); b++) {
      for (int h = 0; h < heads.queryHeads() && heads.keys() > 0; h++) {
        double[][] q = query.rows(b, h);
        double[][] k = key.rows(b, heads.keyHead(h));
        double[][] v = value.rows(b, heads.keyHead(h));
        double[][] qMeans = means(q, segments);
        double[][] kMeans = means(k, segments);
        double[][] a = softmaxRows(qMeans, kMeans, scale);
        double[][] inverse =
            mechanism.iterations() == 0
                ? PseudoInverse.exact(a)
                : PseudoInverse.iterated(a, mechanism.iterations());
        double[][] fromQueries = softmaxRows(q, kMeans, scale);
        double[][] toKeys = softmaxRows(qMeans, k, scale);
        for (int i = 0; i < q.length; i++) {
          double[] weights =
              Vectors.transposedTimes(
                  toKeys, Vectors.transposedTimes(inverse, fromQueries[i], m), heads.keys());
          rows.accept(b, h, i, weights, weights, Double.NaN);
          output.setRow(Vectors.transposedTimes(v, weights, heads.valueSize()), b, h, i);
        }
        for (int s = 0; s < m; s++) {
          qLandmarks.setRow(qMeans[s], b, h, s);
          kLandmarks.setRow(kMeans[s], b, heads.keyHead(h), s);
        }
      }
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("q_landmarks", qLandmarks);
      outcome.put("k_landmarks", kLandmarks);
    }
    return outcome;
  }

  private static double[][] means(double[][] vectors, Segments segments) {
    double[][] means = new double[segments.count()][vectors[0].length];
    for (int s = 0; s < means.length; s++) {
      int from = segments.start(s);
      int end = segments.start(s + 1);
      for (int i = from; i < end; i++) {
        Vectors.add(means[s], 1.0 / (end - from), vectors[i]);
      }
    }
    return means;
  }

  private static double[][] softmaxRows(double[][] q, double[][] k, double scale) {
    double[][] rows = new double[q.length][k.length];
    for (int i = 0; i < q.length; i++) {
      for (int j = 0; j < k.length; j++) {
        rows[i][j] = scale * Vectors.dot(q[i], k[j]);
      }
      Vectors.softmax(rows[i]);
    }
    return rows;
  }
}
