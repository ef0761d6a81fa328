package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.attention4j.api.Tensor;
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
    Tensor from = Tensor.allocate(Lanes.LENGTH * columns + Lanes.LENGTH);
    for (long i = 0; i < from.shape().elements(); i++) {
      from.set(i, random.nextFloat());
    }
    float[] block = new float[squares * Lanes.LENGTH];
    float[] to = new float[squares * Lanes.LENGTH];
    Transposition.run(from.segment(), 0, 4L * columns, columns, 3f, to, 0, Lanes.LENGTH, block);
    for (int r = 0; r < Lanes.LENGTH; r++) {
      for (int c = 0; c < columns; c++) {
        assertEquals(from.at(r * columns + c) * 3f, to[c * Lanes.LENGTH + r], 0f);
      }
    }
  }
}
