package io.github.attention4j.cpu.mechanism;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.CpuProvider;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Steps that go through the state together against the same steps one after the other. */
final class RecurrentTests {
  private static final int KEYS = 23;

  private final Random random = new Random(9);

  private Tensor normal(int size) {
    Tensor array = Tensor.allocate(1, 2, KEYS, size);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextGaussian());
    }
    return array;
  }

  /** The steps up to `end`: after 1 to 3 of them none go together. */
  private static Tensor first(Tensor array, int end) {
    int size = array.shape().intSize(-1);
    Tensor some = Tensor.allocate(1, 2, end, size);
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < end; i++) {
        for (int e = 0; e < size; e++) {
          some.set((h * (long) end + i) * size + e, array.get(0, h, i, e));
        }
      }
    }
    return some;
  }

  private Inputs inputs(int size) {
    Tensor decay = normal(size);
    for (long i = 0; i < decay.shape().elements(); i++) {
      decay.set(i, -Math.abs(decay.at(i)));
    }
    Tensor beta = Tensor.allocate(1, 2, KEYS);
    for (long i = 0; i < beta.shape().elements(); i++) {
      beta.set(i, random.nextFloat() / size);
    }
    return Inputs.of(normal(size), normal(size), normal(size + 3))
        .with("decay", decay)
        .with("beta", beta);
  }

  private static Inputs first(Inputs inputs, int end) {
    Tensor beta = Tensor.allocate(1, 2, end);
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < end; i++) {
        beta.set(h * (long) end + i, inputs.tensor("beta").get(0, h, i));
      }
    }
    return Inputs.of(
            first(inputs.tensor("query"), end),
            first(inputs.tensor("key"), end),
            first(inputs.tensor("value"), end))
        .with("decay", first(inputs.tensor("decay"), end))
        .with("beta", beta);
  }

  private static Attention attention(boolean gated, boolean delta) {
    return new CpuProvider()
        .configure(Settings.defaults().threads(2))
        .prepare(Request.of(new Mechanism.Recurrent(gated, delta, OptionalDouble.empty())));
  }

  @Test
  void whoGoesTogetherChangesNoBit() {
    for (boolean gated : new boolean[] {false, true}) {
      try (Attention attention = attention(gated, false)) {
        for (int size : new int[] {1, 7, 33, 64}) {
          Inputs inputs = inputs(size);
          Tensor whole = attention.run(inputs).output();
          for (int end = 1; end < KEYS; end++) {
            assertEquals(first(whole, end), attention.run(first(inputs, end)).output());
          }
        }
      }
    }
  }

  /** By the delta rule, what four steps write is computed before the first of them. */
  @Test
  void deltasOfStepsThatGoTogetherAreThoseOfOneAfterTheOther() {
    for (boolean gated : new boolean[] {false, true}) {
      try (Attention attention = attention(gated, true)) {
        for (int size : new int[] {1, 7, 33, 64}) {
          Inputs inputs = inputs(size);
          Tensor whole = attention.run(inputs).output();
          for (int end = 1; end < KEYS; end++) {
            Tensor together = first(whole, end);
            Tensor some = attention.run(first(inputs, end)).output();
            for (long i = 0; i < some.shape().elements(); i++) {
              assertEquals(together.at(i), some.at(i), 2e-6 * size);
            }
          }
        }
      }
    }
  }

  /** What comes later must not be seen, also by steps of the same four. */
  @Test
  void whatComesLaterSpoilsNothing() {
    for (boolean gated : new boolean[] {false, true}) {
      for (boolean delta : new boolean[] {false, true}) {
        try (Attention attention = attention(gated, delta)) {
          Inputs inputs = inputs(20);
          for (int end = 5; end < 9; end++) {
            Tensor whole = attention.run(inputs).output();
            Inputs spoiled = first(inputs, KEYS);
            for (String name : new String[] {"query", "key", "value", "decay", "beta"}) {
              Tensor array = spoiled.tensor(name);
              long rest = array.shape().elements() / 2 / KEYS;
              for (long h = 0; h < 2; h++) {
                for (long i = end * rest; i < KEYS * rest; i++) {
                  array.set(h * KEYS * rest + i, Float.NaN);
                }
              }
            }
            assertEquals(first(whole, end), first(attention.run(spoiled).output(), end));
          }
        }
      }
    }
  }
}
