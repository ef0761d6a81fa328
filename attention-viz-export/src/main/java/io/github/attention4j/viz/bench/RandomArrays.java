package io.github.attention4j.viz.bench;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import java.util.SplittableRandom;

/// Inputs of benchmarks: independent, evenly distributed numbers of mean 0 and variance 1, the same
/// in every run.
final class RandomArrays {
  private static final long GLOBAL_TOKENS = 16;
  private static final float WIDTH = (float) Math.sqrt(12);

  private RandomArrays() {}

  /// Queries, keys and values.
  static Inputs inputs(Dimensions sizes) {
    return Inputs.of(
        tensor(1, sizes.batch(), sizes.heads(), sizes.queries(), sizes.size()),
        tensor(2, sizes.batch(), sizes.keyHeads(), sizes.keys(), sizes.size()),
        tensor(3, sizes.batch(), sizes.keyHeads(), sizes.keys(), sizes.size()));
  }

  /// One array.
  static Tensor tensor(long seed, long... sizes) {
    return between(seed, -WIDTH / 2, WIDTH / 2, sizes);
  }

  /// Logarithms of what is left of a state after each step: from 0.8 of it to all.
  static Tensor decay(Dimensions sizes) {
    return between(6, -0.2f, 0, sizes.batch(), sizes.keyHeads(), sizes.keys());
  }

  /// How much of the difference to what a key had before is written for it: up to 1 for keys as
  /// long as these are on average.
  static Tensor beta(Dimensions sizes) {
    return between(7, 0, 1f / sizes.size(), sizes.batch(), sizes.keyHeads(), sizes.keys());
  }

  private static Tensor between(long seed, float low, float high, long... sizes) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0, n = array.shape().elements(); i < n; i++) {
      array.set(i, low + (random.nextInt() >>> 8) * 0x1p-24f * (high - low));
    }
    return array;
  }

  /// A length from 1 to `longest` for every batch entry.
  static LongTensor lengths(long batch, long longest) {
    SplittableRandom random = new SplittableRandom(4);
    LongTensor lengths = LongTensor.allocate(batch);
    for (long b = 0; b < batch; b++) {
      lengths.set(b, random.nextLong(1, longest + 1));
    }
    return lengths;
  }

  /// The first 16 tokens are global.
  static BooleanTensor global(long batch, long length) {
    BooleanTensor global = BooleanTensor.allocate(batch, length);
    for (long b = 0; b < batch; b++) {
      for (long i = 0; i < Math.min(GLOBAL_TOKENS, length); i++) {
        global.set(b * length + i, true);
      }
    }
    return global;
  }
}
