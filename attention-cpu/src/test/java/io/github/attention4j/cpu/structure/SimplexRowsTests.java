package io.github.attention4j.cpu.structure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// Sparse mappings by hand and by what defines them.
final class SimplexRowsTests {
  private final SimplexRows rows = new SimplexRows();

  @Test
  void sparsemaxByHand() {
    // Two scores 0.5 apart share 1: (1 + 0.5) / 2 and (1 - 0.5) / 2; the third is too far below.
    float[] s = {1f, 0.5f, -3f, Float.NEGATIVE_INFINITY};
    rows.sparsemax(s, 0, 4);
    assertArrayEquals(new float[] {0.75f, 0.25f, 0f, 0f}, s, 1e-7f);
  }

  @Test
  void entmaxOfTwoByHand() {
    // With z = 0 and -d: tau = -d/2 - sqrt((2 - d^2)/4)... at d = 0 both are 1/2, from d = 1 on
    // (scores 2 apart) one is all.
    float[] equal = {3f, 3f};
    rows.entmax15(equal, 0, 2);
    assertArrayEquals(new float[] {0.5f, 0.5f}, equal, 1e-7f);
    float[] apart = {3f, 1f};
    rows.entmax15(apart, 0, 2);
    assertArrayEquals(new float[] {1f, 0f}, apart, 1e-7f);
  }

  @Test
  void rowsSumToOneAndShiftingChangesNothing() {
    Random random = new Random(5);
    for (int n = 1; n < 200; n += 13) {
      float[] s = new float[n + 2];
      float[] t = new float[n + 2];
      for (int j = 0; j < n; j++) {
        s[j + 1] = random.nextInt(64) / 16f;
        t[j + 1] = s[j + 1] + 1024;
      }
      s[0] = 42;
      float[] u = s.clone();
      rows.sparsemax(s, 1, n);
      rows.sparsemax(t, 1, n);
      rows.entmax15(u, 1, n);
      double sumS = 0;
      double sumU = 0;
      for (int j = 1; j <= n; j++) {
        sumS += s[j];
        sumU += u[j];
        assertEquals(s[j], t[j], 0f);
      }
      assertEquals(1, sumS, 1e-6);
      assertEquals(1, sumU, 1e-6);
      assertEquals(42f, s[0]);
    }
  }

  @Test
  void nothingThereStaysZero() {
    float[] s = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
    rows.sparsemax(s, 0, 2);
    assertArrayEquals(new float[2], s);
  }
}
