package io.github.attention4j.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class VocabularyTests {
  private static void refused(String message, Executable what) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, what).getMessage());
  }

  @Test
  void shapesRefuseNegativeSizesAndOverflow() {
    refused("shape: expected sizes >= 0, got [2, -1]", () -> Shape.of(2, -1));
    refused(
        "shape: the number of elements of [4194305, 4194305, 211106198978564] overflows",
        () -> Shape.of(4194305, 4194305, 211106198978564L));
    assertEquals(0, Shape.of(Long.MAX_VALUE, Long.MAX_VALUE, 0).elements());
    assertEquals(1, Shape.of().elements());
  }

  @Test
  void tensorsKnowTheirElementsAndCompareByContent() {
    Tensor tensor = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    assertEquals(6, tensor.get(1, 2));
    assertEquals(tensor, Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    assertNotEquals(tensor, tensor.reshape(3, 2));
    assertEquals(5, tensor.reshape(3, 2).get(2, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(0, 3));
    refused("values: expected 4 for shape [2, 2], got 3", () -> Tensor.of(new float[3], 2, 2));
    refused("shape: expected 6 elements as in [2, 3], got [4]", () -> tensor.reshape(4));
    refused(
        "segment: expected native memory, got a heap segment",
        () -> Tensor.wrap(MemorySegment.ofArray(new float[1]), Shape.of(1)));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment eight = arena.allocate(8, 4);
      refused(
          "segment: expected 4 bytes for FLOAT32 [1], got 8",
          () -> Tensor.wrap(eight, Shape.of(1)));
    }
  }

  @Test
  void termsRefuseNonsense() {
    refused("cap: expected a finite number > 0, got 0.0", () -> Score.dot().softcap(0));
    refused("size: expected an even number, got 3", () -> Score.dot().rotary(10_000, 3, false));
    refused("back: expected >= -1, got -2", () -> Scope.window(-2, 0));
    refused("count: expected 1 to stride 4, got 5", () -> new Scope.Summaries(4, 5));
    refused("lengths: expected a name, got a blank string", () -> new Placement.EndOfLength(" "));
    refused("k: expected >= 1, got 0", () -> new Capture.TopK(0));
    refused(
        "scope: expected full, causal, lengths, or an and of these, got Window[back=1, ahead=1, dilation=1]",
        () -> new Mechanism.Linearized(new FeatureMap.EluPlusOne(), Scope.window(1, 1)));
    refused(
        "key: expected size (axis -2) 2, got 3",
        () -> new Score.Additive(Tensor.allocate(2, 4), Tensor.allocate(3, 4), Tensor.allocate(2)));
    refused(
        "device: expected auto, cpu, cuda or cuda:N, got 'gpu'",
        () -> Settings.defaults().device("gpu"));
  }

  @Test
  void alibiSlopesFollowTheAuthorsForNonPowersOfTwo() {
    assertArrayEquals(
        new float[] {0.25f, 0.0625f, 0.015625f, 0.00390625f, 0.5f, 0.125f},
        Bias.Alibi.forHeads(6).slopes().toArray());
  }

  @Test
  void relativeBucketsFollowT5() {
    Bias.RelativeBuckets bidirectional =
        new Bias.RelativeBuckets(Tensor.allocate(32, 1), true, 128);
    assertEquals(0, bidirectional.bucket(0));
    assertEquals(7, bidirectional.bucket(-7));
    assertEquals(16 + 7, bidirectional.bucket(7));
    assertEquals(8, bidirectional.bucket(-8));
    assertEquals(15, bidirectional.bucket(-128));
    assertEquals(15, bidirectional.bucket(-100_000));
    Bias.RelativeBuckets causal = new Bias.RelativeBuckets(Tensor.allocate(32, 1), false, 128);
    assertEquals(0, causal.bucket(5));
    assertEquals(15, causal.bucket(-15));
    // 16 * 8^(k/16) is a whole number at k = 16/3 * n only: 32 = 16 * 2 starts bucket 16 + 16/3.
    assertEquals(21, causal.bucket(-32));
    assertEquals(31, causal.bucket(-128));
  }

  @Test
  void drawnFeaturesAreReproducibleAndOrthogonalWithinABlock() {
    Tensor omega = FeatureMap.FavorPlus.draw(6, 4, 7, true, false).omega();
    assertEquals(omega, FeatureMap.FavorPlus.draw(6, 4, 7, true, false).omega());
    for (int a = 0; a < 4; a++) {
      for (int b = 0; b < a; b++) {
        int first = a;
        int second = b;
        double dot =
            IntStream.range(0, 4)
                .mapToDouble(c -> omega.get(first, c) * (double) omega.get(second, c))
                .sum();
        assertEquals(0, dot, 1e-5);
      }
    }
  }

  @Test
  void selectionNeedsAProvider() {
    AttentionProviders none = AttentionProviders.of(List.of());
    refused(
        "no attention provider was found: is attention-cpu or attention-onnx-gpu on the path?",
        () -> none.select(Request.of(Mechanism.Pairwise.of(Score.dot()))));
    refused("provider: expected one of [], got 'tpu'", () -> none.named("tpu"));
  }
}
