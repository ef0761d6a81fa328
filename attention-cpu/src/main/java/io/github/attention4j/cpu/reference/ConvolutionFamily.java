package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.LongConvolution;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.ConvolutionInputs;
import java.util.Set;

/// [LongConvolution], channel by channel, summing directly.
final class ConvolutionFamily {
  private ConvolutionFamily() {}

  static Outcome run(LongConvolution mechanism, Set<Capture> captures, Arguments arguments) {
    ConvolutionInputs inputs = ConvolutionInputs.of(mechanism, arguments.inputs());
    DoubleArray filters = DoubleArray.of(mechanism.filters());
    DoubleArray gates = arguments.doubles(ConvolutionInputs.GATES);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    int length = inputs.length();
    DoubleArray output = DoubleArray.zeros(inputs.batch(), length, inputs.channels());
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    boolean wanted = captures.contains(Capture.WEIGHTS);
    DoubleArray matrices =
        DoubleArray.zeros(inputs.batch(), inputs.channels(), wanted ? length : 0, length);
    for (int b = 0; b < inputs.batch(); b++) {
      for (int c = 0; c < inputs.channels(); c++) {
        double[][] x = new double[inputs.order()][length];
        double[] v = new double[length];
        for (int t = 0; t < length; t++) {
          v[t] = value.get(b, t, c);
          for (int n = 0; n < x.length; n++) {
            x[n][t] = gates.get(n, b, t, c);
          }
        }
        double[] y = recur(filters, c, x, v);
        for (int t = 0; t < length; t++) {
          output.set(y[t], b, t, c);
        }
        for (int j = 0; wanted && j < length; j++) {
          // Column j of the matrix is the answer to a single 1 at position j.
          double[] impulse = new double[length];
          impulse[j] = 1;
          double[] column = recur(filters, c, x, impulse);
          for (int t = 0; t < length; t++) {
            matrices.set(column[t], b, c, t, j);
          }
        }
      }
    }
    if (wanted) {
      outcome.put(Result.WEIGHTS, matrices);
    }
    return outcome;
  }

  private static double[] recur(DoubleArray filters, int channel, double[][] gates, double[] v) {
    double[] z = v;
    for (int n = 0; n < gates.length; n++) {
      double[] h = filters.row(n, channel);
      double[] next = new double[z.length];
      for (int t = 0; t < z.length; t++) {
        for (int s = 0; s <= t && s < h.length; s++) {
          next[t] += h[s] * z[t - s];
        }
        next[t] *= gates[n][t];
      }
      z = next;
    }
    return z;
  }
}
