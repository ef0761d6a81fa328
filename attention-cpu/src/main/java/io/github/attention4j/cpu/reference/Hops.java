package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Result;
import java.util.Arrays;
import java.util.Set;

/// The hops of a memory network: $p_i = \operatorname{softmax}(u \cdot m_i)$, $o = \sum_i p_i c_i$,
/// then the next $u$.
final class Hops {
  private final DoubleArray weights;
  private final DoubleArray states;

  Hops(int hops, int batch, int memories, int size) {
    weights = DoubleArray.zeros(hops, batch, memories);
    states = DoubleArray.zeros(hops + 1L, batch, size);
  }

  void start(int b, double[] u) {
    states.setRow(u, 0, b);
  }

  double[] state(int hop, int b) {
    return states.row(hop, b);
  }

  /// Reads the first `valid` memories with the state of this hop; $o$.
  double[] read(int hop, int b, double[][] m, double[][] c, int valid) {
    double[] u = states.row(hop, b);
    double[] p = new double[m.length];
    Arrays.setAll(p, i -> i < valid ? Vectors.dot(u, m[i]) : Double.NEGATIVE_INFINITY);
    Vectors.softmax(p);
    weights.setRow(p, hop, b);
    double[] o = new double[u.length];
    for (int i = 0; i < valid; i++) {
      Vectors.add(o, p[i], c[i]);
    }
    return o;
  }

  void next(int hop, int b, double[] u) {
    states.setRow(u, hop + 1, b);
  }

  Outcome outcome(Set<Capture> captures) {
    Outcome outcome = new Outcome();
    int last = states.size(0) - 1;
    DoubleArray output = DoubleArray.zeros(states.size(1), states.size(2));
    for (int b = 0; b < states.size(1); b++) {
      output.setRow(states.row(last, b), b);
    }
    outcome.put(Result.OUTPUT, output);
    if (captures.contains(Capture.WEIGHTS)) {
      outcome.put(Result.WEIGHTS, weights);
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("states", states);
    }
    return outcome;
  }
}
