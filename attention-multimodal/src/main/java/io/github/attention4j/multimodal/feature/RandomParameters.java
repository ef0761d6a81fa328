package io.github.attention4j.multimodal.feature;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import java.util.Optional;
import java.util.Random;

/// Parameters before training: uniform in $\pm\sqrt{6 / (\text{in} + \text{out})}$ (Glorot & Bengio
/// 2010), biases 0, norms 1 and 0. Same seed, same numbers.
final class RandomParameters {
  private final Random random;

  RandomParameters(long seed) {
    this.random = new Random(seed);
  }

  Layer.Linear linear(int in, int out) {
    return new Layer.Linear(matrix(out, in), Optional.of(Tensor.allocate(out)));
  }

  Tensor matrix(int rows, int columns) {
    Tensor matrix = Tensor.allocate(rows, columns);
    double bound = Math.sqrt(6.0 / (rows + columns));
    for (long i = 0; i < matrix.shape().elements(); i++) {
      matrix.set(i, (float) ((2 * random.nextDouble() - 1) * bound));
    }
    return matrix;
  }

  Layer.LayerNorm norm(int size) {
    Tensor ones = Tensor.allocate(size);
    for (int i = 0; i < size; i++) {
      ones.set(i, 1);
    }
    return new Layer.LayerNorm(ones, Tensor.allocate(size), 1e-5);
  }
}
