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
    // The last square is half a square: what is read beyond goes beyond.
    int columns = 2 * Lanes.LENGTH + Lanes.LENGTH / 2;
    int squares = Lanes.roundUp(columns, Lanes.LENGTH);
    float[] from = new float[Lanes.LENGTH * columns + Lanes.LENGTH];
    for (int i = 0; i < from.length; i++) {
      from[i] = random.nextFloat();
    }
    float[] block = new float[squares * Lanes.LENGTH];
    float[] to = new float[squares * Lanes.LENGTH];
    Transposition.run(from, 0, columns, columns, 3f, to, 0, Lanes.LENGTH, block);
    for (int r = 0; r < Lanes.LENGTH; r++) {
      for (int c = 0; c < columns; c++) {
        assertEquals(from[r * columns + c] * 3f, to[c * Lanes.LENGTH + r], 0f);
      }
    }
  }
}
