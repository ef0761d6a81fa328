package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import java.util.Random;

/** Keys as tests and measurements draw them, and what they count. */
final class Draws {
  private final Random random;
  private final int size;
  private final float[][] centres;

  /**
   * Vectors of independent normal elements.
   *
   * @param clusters 0, or how many centres they lie around, at 0.3 of the distance
   */
  Draws(long seed, int size, int clusters) {
    this.random = new Random(seed);
    this.size = size;
    this.centres = new float[clusters][size];
    for (float[] centre : centres) {
      for (int e = 0; e < size; e++) {
        centre[e] = (float) random.nextGaussian();
      }
    }
  }

  /** `[heads, count, size]`. */
  Tensor next(int heads, int count) {
    Tensor all = Tensor.allocate(heads, count, size);
    for (long row = 0; row < (long) heads * count; row++) {
      float[] centre = centres.length == 0 ? null : centres[random.nextInt(centres.length)];
      for (int e = 0; e < size; e++) {
        double x = random.nextGaussian();
        all.set(row * size + e, (float) (centre == null ? x : centre[e] + 0.3 * x));
      }
    }
    return all;
  }

  /** How many of the ids of one search are among those of the other, as a share. */
  static double recall(ExternalMemory.Found exact, ExternalMemory.Found other) {
    LongTensor truth = exact.ids();
    int k = truth.shape().intSize(2);
    long rows = truth.shape().elements() / k;
    long hits = 0;
    for (long row = 0; row < rows; row++) {
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          hits += truth.at(row * k + i) == other.ids().at(row * k + j) ? 1 : 0;
        }
      }
    }
    return (double) hits / truth.shape().elements();
  }
}
