package io.github.attention4j.multimodal.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.multimodal.checkpoint.Config;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RotaryTablesTests {
  private static RotaryTables tables(String scaling) {
    String config = "{\"max_position_embeddings\": 256, \"rope_scaling\": " + scaling + "}";
    return RotaryTables.read(
        Config.parse("config", config.getBytes(StandardCharsets.UTF_8)), 8, 20);
  }

  /** Pairs turn by 1, 0.1, 0.01 and 0.001 per position at base 10,000 and size 8. */
  @Test
  void yarnKeepsWhatTurnsOftenAndDividesTheRest() {
    RotaryTables yarn =
        tables(
            "{\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 64}");
    // The ramp: 8 ln(64 / 2 pi) / (2 ln 10000) = 1.008, so from pair 0 to pair 2.
    double longer = 0.1 * Math.log(4) + 1;
    double[] frequencies = {1, (0.1 + 0.025) / 2, 0.0025, 0.00025};
    for (int pair = 0; pair < 4; pair++) {
      assertEquals(longer * Math.cos(7 * frequencies[pair]), yarn.cos().get(7, pair), 1e-6);
      assertEquals(longer * Math.sin(7 * frequencies[pair]), yarn.sin().get(7, pair), 1e-6);
    }
  }

  @Test
  void otherScalings() {
    RotaryTables plain = tables("null");
    assertEquals(Math.cos(7 * 0.1), plain.cos().get(7, 1), 1e-6);
    RotaryTables dynamic = tables("{\"type\": \"dynamic\", \"factor\": 2.0}");
    assertEquals(plain.cos().get(7, 1), dynamic.cos().get(7, 1));
    RotaryTables linear = tables("{\"type\": \"linear\", \"factor\": 2.0}");
    assertEquals(Math.cos(3.5), linear.cos().get(7, 0), 1e-6);
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> tables("{\"type\": \"longrope\"}"))
                .getMessage());
    assertTrue(message.contains("one of [default, dynamic, linear, llama3, yarn]"), message);
  }
}
