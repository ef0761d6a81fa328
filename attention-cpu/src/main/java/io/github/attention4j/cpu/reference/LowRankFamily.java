package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LowRank;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.LowRankInputs;
import java.util.Set;

/// [LowRank]: project keys and values along the length, then softmax attention over what is left.
final class LowRankFamily {
  private LowRankFamily() {}

  static Outcome run(LowRank mechanism, Set<Capture> captures, Arguments arguments) {
    LowRankInputs inputs = LowRankInputs.of(mechanism, arguments.inputs());
    HeadInputs heads = inputs.heads();
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray key = arguments.doubles(Inputs.KEY);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    int projected = inputs.projected();
    DoubleArray output =
        DoubleArray.zeros(heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    DoubleArray kProjected =
        DoubleArray.zeros(heads.batch(), heads.keyHeads(), projected, heads.keySize());
    DoubleArray vProjected =
        DoubleArray.zeros(heads.batch(), heads.keyHeads(), projected, heads.valueSize());
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    RowCaptures rows =
        new RowCaptures(
            captures, heads.batch(), heads.queryHeads(), heads.queries(), projected, outcome);
    double scale = heads.scale(mechanism.scale());
    for (int b = 0; b < heads.batch(); b++) {
      int valid = inputs.scope().keys(b);
      for (int h = 0; h < heads.keyHeads(); h++) {
        project(Vectors.matrix(mechanism.keys(), h), key.rows(b, h), valid, kProjected, b, h);
        project(Vectors.matrix(mechanism.values(), h), value.rows(b, h), valid, vProjected, b, h);
      }
      for (int h = 0; h < heads.queryHeads(); h++) {
        double[][] k = kProjected.rows(b, heads.keyHead(h));
        double[][] v = vProjected.rows(b, heads.keyHead(h));
        for (int i = 0; i < heads.queries(); i++) {
          double[] q = query.row(b, h, i);
          double[] scores = new double[projected];
          for (int p = 0; p < projected; p++) {
            scores[p] = scale * Vectors.dot(q, k[p]);
          }
          double[] weights = scores.clone();
          double logSumExp = Vectors.softmax(weights);
          rows.accept(b, h, i, scores, weights, logSumExp);
          output.setRow(Vectors.transposedTimes(v, weights, heads.valueSize()), b, h, i);
        }
      }
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("k_projected", kProjected);
      outcome.put("v_projected", vProjected);
    }
    return outcome;
  }

  private static void project(
      double[][] matrix, double[][] vectors, int valid, DoubleArray into, int b, int h) {
    for (int p = 0; p < matrix.length; p++) {
      double[] sum = new double[into.size(-1)];
      for (int j = 0; j < valid; j++) {
        Vectors.add(sum, matrix[p][j], vectors[j]);
      }
      into.setRow(sum, b, h, p);
    }
  }
}
