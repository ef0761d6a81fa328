package io.github.attention4j.multimodal.audio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TokenAlignmentTests {
  private static final int PROMPT = 4;

  static Safetensors resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(TokenAlignmentTests.class.getResourceAsStream(name))) {
      return Safetensors.of(name, in.readAllBytes());
    }
  }

  /** Chosen heads of one sample, `[heads, tokens, frames]`. */
  private static Tensor heads(Safetensors io, int sample) {
    Tensor all = io.tensor("input.cross_attentions");
    long[] chosen = io.longs("input.alignment_heads").toArray();
    int tokens = all.shape().intSize(3);
    int frames = all.shape().intSize(4);
    Tensor to = Tensor.allocate(chosen.length / 2, tokens, frames);
    long at = 0;
    for (int h = 0; h < chosen.length / 2; h++) {
      for (int t = 0; t < tokens; t++) {
        for (int f = 0; f < frames; f++) {
          to.set(at++, all.get(chosen[2 * h], sample, chosen[2 * h + 1], t, f));
        }
      }
    }
    return to;
  }

  private static void assertTimes(Safetensors io, String name, int frames0, int frames1)
      throws IOException {
    float[] expected = io.tensor("expected.timestamps." + name).toArray();
    int tokens = expected.length / 2;
    for (int sample = 0; sample < 2; sample++) {
      double[] times =
          TokenAlignment.times(heads(io, sample), PROMPT, sample == 0 ? frames0 : frames1, 7);
      assertEquals(tokens, times.length);
      for (int t = 0; t < tokens; t++) {
        assertEquals(expected[sample * tokens + t], times[t], 1e-6, name + " " + sample + " " + t);
      }
    }
  }

  @Test
  void timesOfThePublishedImplementation() throws IOException {
    Safetensors io = resource("dtw.safetensors");
    assertTimes(io, "all_frames", 96, 96);
    int common = (int) io.longs("input.num_frames.common_frames").at(0) / 2;
    assertTimes(io, "common_frames", common, common);
    long[] each = io.longs("input.num_frames.sample_frames").toArray();
    assertTimes(io, "sample_frames", (int) each[0] / 2, (int) each[1] / 2);
  }

  @Test
  void aPathByHand() {
    // Cheapest: right along the first row, then diagonally down.
    Tensor costs = Tensor.of(new float[] {0, 0, 9, 9, 9, 0}, 2, 3);
    TimeWarping path = TimeWarping.of(costs);
    assertEquals(LongTensor.of(new long[] {0, 0, 0, 1, 1, 2}, 3, 2), path.path());
    assertEquals(0, path.totalCost());
  }

  @Test
  void tiesGoRight() {
    TimeWarping path = TimeWarping.of(Tensor.allocate(2, 2));
    assertEquals(LongTensor.of(new long[] {0, 0, 1, 0, 1, 1}, 3, 2), path.path());
  }

  /** Diagonal and down are both 2 at the last cell, right is 3: Whisper's rule goes right. */
  @Test
  void aTieBelowRightGoesRightAndTheTotalIsTheLeast() {
    TimeWarping path = TimeWarping.of(Tensor.of(new float[] {1, 1, 1, 1, 1, 1}, 3, 2));
    assertEquals(LongTensor.of(new long[] {0, 0, 1, 0, 2, 0, 2, 1}, 4, 2), path.path());
    assertEquals(3, path.totalCost());
  }

  @Test
  void nothingToAlign() {
    assertThrows(
        IllegalArgumentException.class, () -> TokenAlignment.of(Tensor.allocate(1, 0, 4), 7));
    assertThrows(
        IllegalArgumentException.class, () -> TokenAlignment.of(Tensor.allocate(1, 2, 4), 6));
    assertThrows(IllegalArgumentException.class, () -> TimeWarping.of(Tensor.allocate(0, 3)));
    // One token: every frame has deviation 0.
    assertArrayEquals(new int[] {0}, TokenAlignment.of(Tensor.allocate(2, 1, 5), 7).startFrames());
  }
}
