package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

final class LanesTests {
  /// Where the build asks for narrower vectors it gets them: these tests ran on them.
  @Test
  @EnabledIfSystemProperty(named = "attention.test.bits", matches = "\\d+")
  @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
  void vectorsAreAsWideAsTheBuildAskedFor() {
    assertEquals(Integer.getInteger("attention.test.bits"), Lanes.SPECIES.vectorBitSize());
  }

  @Test
  void transpositionsMoveEveryElement() {
    Random random = new Random(3);
    int columns = 2 * Lanes.LENGTH;
    float[] from = new float[Lanes.LENGTH * columns];
    float[] factors = new float[columns];
    for (int i = 0; i < from.length; i++) {
      from[i] = random.nextFloat();
    }
    for (int i = 0; i < columns; i++) {
      factors[i] = 1 + i;
    }
    float[] block = new float[Lanes.LENGTH * Lanes.LENGTH];
    float[] to = new float[from.length];
    Transposition.run(from, 0, columns, columns, factors, 0, to, 0, Lanes.LENGTH, block);
    for (int r = 0; r < Lanes.LENGTH; r++) {
      for (int c = 0; c < columns; c++) {
        assertEquals(
            from[r * columns + c] * factors[c % Lanes.LENGTH], to[c * Lanes.LENGTH + r], 0f);
      }
    }
  }

  @Test
  void sumsOfLanes() {
    int rows = 16;
    float[] block = new float[rows * Lanes.LENGTH];
    float[] want = new float[rows];
    for (int r = 0; r < rows; r++) {
      for (int lane = 0; lane < Lanes.LENGTH; lane++) {
        block[r * Lanes.LENGTH + lane] = r * 100 + lane;
        want[r] += r * 100 + lane;
      }
    }
    float[] got = new float[rows];
    Transposition.sums(block, rows, got, 0);
    for (int r = 0; r < rows; r++) {
      assertEquals(want[r], got[r], 0f);
    }
  }
}
