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

  @Test
  void whoGoesTogetherChangesNoBit() {
    try (Attention attention =
        new CpuProvider()
            .configure(Settings.defaults().threads(2))
            .prepare(Request.of(new Mechanism.Recurrent(false, false, OptionalDouble.empty())))) {
      for (int size : new int[] {1, 7, 33, 64}) {
        Tensor q = normal(size);
        Tensor k = normal(size);
        Tensor v = normal(size + 3);
        Tensor whole = attention.run(Inputs.of(q, k, v)).output();
        for (int end = 1; end < KEYS; end++) {
          Tensor some =
              attention.run(Inputs.of(first(q, end), first(k, end), first(v, end))).output();
          assertEquals(first(whole, end), some);
        }
      }
    }
  }
}
