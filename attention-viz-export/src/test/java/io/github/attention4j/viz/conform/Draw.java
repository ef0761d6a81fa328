package io.github.attention4j.viz.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Tensor;
import java.util.List;
import java.util.Random;

/** Arrays and choices from a seed. */
record Draw(Random random) {
  /** What was drawn: a mechanism and inputs for it. */
  record Run(Mechanism mechanism, Inputs inputs) {}

  Draw(long seed) {
    this(new Random(seed));
  }

  int between(int low, int high) {
    return random.nextInt(low, high + 1);
  }

  int among(int... choices) {
    return choices[random.nextInt(choices.length)];
  }

  <T> T among(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  boolean coin() {
    return random.nextBoolean();
  }

  boolean oneIn(int times) {
    return random.nextInt(times) == 0;
  }

  Tensor normal(double deviation, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) (deviation * random.nextGaussian()));
    }
    return array;
  }

  Tensor uniform(double low, double high, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextDouble(low, high));
    }
    return array;
  }

  BooleanTensor coins(double share, long... sizes) {
    BooleanTensor array = BooleanTensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, random.nextDouble() < share);
    }
    return array;
  }
}
