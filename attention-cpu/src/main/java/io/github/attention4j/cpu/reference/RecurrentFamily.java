package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Recurrent;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.RecurrentInputs;
import java.util.Set;

/// [Recurrent], step by step.
final class RecurrentFamily {
  private RecurrentFamily() {}

  static Outcome run(Recurrent mechanism, Set<Capture> captures, Arguments arguments) {
    RecurrentInputs inputs = new RecurrentInputs(mechanism, arguments.inputs());
    HeadInputs heads = inputs.heads();
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray key = arguments.doubles(Inputs.KEY);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    DoubleArray decay =
        mechanism.gated() ? arguments.doubles(RecurrentInputs.DECAY) : DoubleArray.zeros(0);
    DoubleArray beta =
        mechanism.delta() ? arguments.doubles(RecurrentInputs.BETA) : DoubleArray.zeros(0);
    DoubleArray state =
        inputs.hasState()
            ? arguments.doubles(RecurrentInputs.STATE)
            : DoubleArray.zeros(
                heads.batch(), heads.keyHeads(), heads.keySize(), heads.valueSize());
    DoubleArray last = DoubleArray.zeros(state.shape().toArray());
    DoubleArray output =
        DoubleArray.zeros(heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    double scale = heads.scale(mechanism.scale());
    int group = heads.queryHeads() / heads.keyHeads();
    for (int b = 0; b < heads.batch(); b++) {
      for (int h = 0; h < heads.keyHeads(); h++) {
        double[][] s = state.rows(b, h);
        for (int t = 0; t < heads.keys(); t++) {
          double[] k = key.row(b, h, t);
          double[] v = value.row(b, h, t);
          if (mechanism.gated()) {
            for (int c = 0; c < k.length; c++) {
              double logGamma =
                  inputs.decayPerElement() ? decay.get(b, h, t, c) : decay.get(b, h, t);
              for (int e = 0; e < v.length; e++) {
                s[c][e] *= Math.exp(logGamma);
              }
            }
          }
          double strength = 1;
          if (mechanism.delta()) {
            strength = beta.get(b, h, t);
            Vectors.add(v, -1, Vectors.transposedTimes(s, k, v.length));
          }
          for (int c = 0; c < k.length; c++) {
            Vectors.add(s[c], strength * k[c], v);
          }
          for (int g = h * group; g < (h + 1) * group; g++) {
            double[] read = Vectors.transposedTimes(s, query.row(b, g, t), v.length);
            double[] scaled = new double[read.length];
            Vectors.add(scaled, scale, read);
            output.setRow(scaled, b, g, t);
          }
        }
        for (int c = 0; c < s.length; c++) {
          last.setRow(s[c], b, h, c);
        }
      }
    }
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    if (captures.contains(Capture.STATE)) {
      outcome.put(RecurrentInputs.STATE, last);
    }
    return outcome;
  }
}
