package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Score;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import org.jspecify.annotations.Nullable;

/// The rotation of [Score.Rotary].
final class Rotation {
  private final Score.Rotary rotary;
  private final PairwiseInputs inputs;
  private final @Nullable LongTensor positions;

  Rotation(Score.Rotary rotary, PairwiseInputs inputs) {
    this.rotary = rotary;
    this.inputs = inputs;
    positions = inputs.rotaryPositions(rotary);
  }

  double[][] queries(int b, double[][] q) {
    double[][] rotated = new double[q.length][];
    for (int i = 0; i < q.length; i++) {
      rotated[i] = rotate(q[i], positions == null ? inputs.position(b, i) : positions.get(b, i));
    }
    return rotated;
  }

  double[][] keys(int b, double[][] k) {
    double[][] rotated = new double[k.length][];
    for (int j = 0; j < k.length; j++) {
      rotated[j] = rotate(k[j], positions == null ? j : positions.get(b, j));
    }
    return rotated;
  }

  private double[] rotate(double[] x, long position) {
    double[] rotated = x.clone();
    int pairs = rotary.size() / 2;
    for (int t = 0; t < pairs; t++) {
      int first = rotary.interleaved() ? 2 * t : t;
      int second = rotary.interleaved() ? 2 * t + 1 : t + pairs;
      double angle = position * Math.pow(rotary.base(), -2.0 * t / rotary.size());
      rotated[first] = x[first] * Math.cos(angle) - x[second] * Math.sin(angle);
      rotated[second] = x[first] * Math.sin(angle) + x[second] * Math.cos(angle);
    }
    return rotated;
  }
}
