package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.mechanism.LinearizedWalk.CHUNK;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Mechanism.Linearized;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.plan.LinearizedInputs;

/// What a [LinearizedWalk] works in; kept from run to run.
final class LinearizedArrays {
  private final int features;
  private final int size;
  private final int valueSize;
  final float[] vectors;
  final float[] turned;
  final float[] omega;
  final float[] omegaTurned;
  final float[] phiK;
  final float[] phiQ;
  final float[] logK;
  final float[] values;
  final float[] pairs;
  final float[] sums;
  final float[] chunkState;
  final float[] readState;
  final double[] state;
  final double[] exactOutput;

  LinearizedArrays(Linearized mechanism, LinearizedInputs in) {
    features = in.features();
    size = in.heads().keySize();
    valueSize = in.heads().valueSize();
    int projections =
        mechanism.features() instanceof FeatureMap.FavorPlus favor
            ? favor.omega().shape().intSize(-2)
            : 0;
    int width = Lanes.roundUp(features, LENGTH);
    int columns = Lanes.roundUp(valueSize, LENGTH);
    int projectedWidth = Lanes.roundUp(Math.max(projections, 1), LENGTH);
    vectors = new float[CHUNK * size];
    turned = new float[size * CHUNK];
    omega = new float[projections * size];
    omegaTurned = new float[projections == 0 ? 0 : size * projectedWidth];
    phiK = new float[features * CHUNK];
    phiQ = new float[CHUNK * Math.max(width, 2 * projectedWidth)];
    logK = new float[Math.max(projections, 1) * CHUNK];
    values = new float[CHUNK * columns];
    pairs = new float[CHUNK * CHUNK];
    sums = new float[CHUNK * columns];
    chunkState = new float[features * (columns + 1)];
    readState = new float[features * (columns + 1)];
    state = new double[features * (columns + 1)];
    exactOutput = new double[valueSize];
  }

  /// Whether they are of the right sizes for other inputs of the same mechanism.
  boolean fit(LinearizedInputs in) {
    return in.features() == features
        && in.heads().keySize() == size
        && in.heads().valueSize() == valueSize;
  }
}
