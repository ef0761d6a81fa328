package io.github.attention4j.cpu.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Layers by hand, sessions against whole runs, and errors that name the node.
final class ReferenceNetworkTests {
  private final Random random = new Random(4);

  private Tensor normal(long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextGaussian());
    }
    return array;
  }

  private static NdArray one(Layer layer, NdArray input, ElementType type, String... axes) {
    Network.Builder builder = Network.builder("one");
    builder.input("x", type, axes);
    builder.layer("y", layer, "x");
    Network network = builder.output("y", "y").build();
    try (Program program = new ReferenceProvider().compile(network, Set.of())) {
      return program.run(Inputs.none().with("x", input)).get("y");
    }
  }

  private static float[] rows(Layer layer, float... x) {
    return ((Tensor)
            one(layer, Tensor.of(x, 1, 1, x.length), ElementType.FLOAT32, "batch", "n", "c"))
        .toArray();
  }

  @Test
  void layersByHand() {
    Tensor weight = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Tensor bias = Tensor.of(new float[] {10, 20, 30}, 3);
    assertArrayEquals(
        new float[] {15, 31, 47}, rows(new Layer.Linear(weight, Optional.of(bias)), 1, 2));
    Tensor ones = Tensor.of(new float[] {1, 1}, 2);
    assertArrayEquals(
        new float[] {-1, 1}, rows(new Layer.LayerNorm(ones, Tensor.allocate(2), 0), 3, 5));
    assertArrayEquals(new float[] {0.6f, 0.8f}, rows(new Layer.Normalize(), 3, 4), 1e-7f);
    assertArrayEquals(
        new float[] {0.848528f, 1.131371f}, rows(new Layer.RmsNorm(ones, 0), 3, 4), 1e-6f);
    // x Phi(x): Phi(1) = 0.8413447460685429.
    assertArrayEquals(
        new float[] {0.8413447f, -0.1586553f, 0},
        rows(new Layer.Activate(Activation.GELU), 1, -1, 0),
        1e-7f);
  }

  @Test
  void theErrorFunctionIsExact() {
    // From tables: erfc(0.5), erfc(2), erfc(4).
    assertEquals(0.4795001221869535, ErrorFunction.complement(0.5), 1e-15);
    assertEquals(0.004677734981047266, ErrorFunction.complement(2), 1e-16);
    assertEquals(1.541725790028002e-8, ErrorFunction.complement(4), 1e-22);
    assertEquals(2 - 0.4795001221869535, ErrorFunction.complement(-0.5), 1e-15);
  }

  @Test
  void convolutionsByHand() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 4, 1);
    Layer strided =
        new Layer.Convolution1d(
            Tensor.of(new float[] {1, 10, 100}, 1, 1, 3), Optional.empty(), 2, 1);
    Tensor y = (Tensor) one(strided, x, ElementType.FLOAT32, "batch", "n", "1");
    assertArrayEquals(new float[] {210, 432}, y.toArray());
    Tensor image = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3);
    Layer patches =
        new Layer.Patches(Tensor.of(new float[] {1, 1, 1, 1}, 1, 1, 2, 2), Optional.empty());
    Tensor sums = (Tensor) one(patches, image, ElementType.FLOAT32, "batch", "1", "h", "w");
    // The third row and column fill no patch.
    assertArrayEquals(new float[] {12}, sums.toArray());
  }

  @Test
  void tokensAreLocatedAndEmbedded() {
    LongTensor ids = LongTensor.of(new long[] {2, 5, 5, 1, 0, 3}, 2, 3);
    LongTensor largest =
        (LongTensor)
            one(new Layer.Locate(java.util.OptionalLong.empty()), ids, ElementType.INT64, "b", "n");
    assertArrayEquals(new long[] {1, 2}, largest.toArray());
    Tensor table = Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 6, 1);
    Tensor embedded = (Tensor) one(new Layer.Embedding(table, 2), ids, ElementType.INT64, "b", "n");
    assertArrayEquals(new float[] {4, 10, 10, 2, 0, 6}, embedded.toArray());
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                one(
                    new Layer.Embedding(table, 1),
                    LongTensor.of(new long[] {6}, 1, 1),
                    ElementType.INT64,
                    "b",
                    "n"));
    assertTrue(wrong.toString().contains("node y"), wrong.toString());
    assertTrue(wrong.toString().contains("0 to 5, got 6"), wrong.toString());
  }

  private Network decoder() {
    Network.Builder builder = Network.builder("decoder");
    builder.input("x", ElementType.FLOAT32, "batch", "length", "6");
    builder.layer("placed", new Layer.AddPositions(normal(20, 6), 0), "x");
    builder.layer("q", new Layer.Linear(normal(6, 6), Optional.empty()), "placed");
    builder.layer("k", new Layer.Linear(normal(3, 6), Optional.empty()), "placed");
    builder.layer("v", new Layer.Linear(normal(3, 6), Optional.empty()), "placed");
    builder.layer("rotated", Layer.Rotate.of(1, false, 10000, 2, 20), "k");
    builder.layer("keys", new Layer.Append(3), "rotated");
    builder.layer("values", new Layer.Append(3), "v");
    builder.layer(
        "attend",
        new Layer.Attend(
            2,
            1,
            Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.end()),
            List.of(),
            new MapLabel(MapLabel.Kind.DECODER, 0)),
        "q",
        "keys",
        "values");
    return builder.output("y", "attend").build();
  }

  @Test
  void stepsEqualTheWholeRun() {
    Tensor x = normal(2, 7, 6);
    try (Program program = new ReferenceProvider().compile(decoder(), Set.of("attend"))) {
      Result whole = program.run(Inputs.none().with("x", x));
      assertEquals(4, whole.tensor("attend").shape().rank());
      try (Program.Session session = program.begin()) {
        int at = 0;
        for (int count : new int[] {3, 1, 2, 1}) {
          Result step = session.step(Inputs.none().with("x", positions(x, at, count)));
          assertEquals(positions(whole.tensor("y"), at, count), step.tensor("y"));
          at += count;
          assertEquals(at, session.past());
        }
      }
    }
  }

  @Test
  void reorderingSwapsWhatIsRemembered() {
    Tensor x = normal(2, 3, 6);
    Tensor swapped = Tensor.allocate(2, 3, 6);
    for (int i = 0; i < 18; i++) {
      swapped.set(i, x.at(18 + i));
      swapped.set(18 + i, x.at(i));
    }
    try (Program program = new ReferenceProvider().compile(decoder(), Set.of());
        Program.Session plain = program.begin();
        Program.Session reordered = program.begin()) {
      Tensor next = normal(2, 1, 6);
      plain.step(Inputs.none().with("x", swapped));
      reordered.step(Inputs.none().with("x", x));
      reordered.reorder(1, 0);
      assertEquals(
          plain.step(Inputs.none().with("x", next)).tensor("y"),
          reordered.step(Inputs.none().with("x", next)).tensor("y"));
      assertThrows(IllegalArgumentException.class, () -> reordered.reorder(2));
    }
  }

  private static Tensor positions(Tensor x, int from, int count) {
    int channels = x.shape().intSize(2);
    Tensor part = Tensor.allocate(x.shape().size(0), count, channels);
    long at = 0;
    for (int b = 0; b < x.shape().size(0); b++) {
      for (int t = from; t < from + count; t++) {
        for (int c = 0; c < channels; c++) {
          part.set(at++, x.get(b, t, c));
        }
      }
    }
    return part;
  }

  @Test
  void wrongInputsAndMapsAreNamed() {
    Network network = decoder();
    ReferenceProvider provider = new ReferenceProvider();
    assertThrows(IllegalArgumentException.class, () -> provider.compile(network, Set.of("keys")));
    try (Program program = provider.compile(network, Set.of())) {
      IllegalArgumentException wrong =
          assertThrows(
              IllegalArgumentException.class,
              () -> program.run(Inputs.none().with("x", normal(1, 2, 5))));
      assertTrue(wrong.toString().contains("x: expected"), wrong.toString());
      assertThrows(
          IllegalArgumentException.class,
          () -> program.run(Inputs.none().with("x", normal(1, 21, 6))));
    }
  }
}
