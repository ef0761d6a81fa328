package io.github.attention4j.cpu.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.CpuProvider;
import io.github.attention4j.cpu.reference.ReferenceProvider;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks on the vector kernels: layer by layer against the reference, and sessions against whole
/// runs.
final class CpuNetworkTests {
  private static final AttentionProvider CPU =
      new CpuProvider().configure(Settings.defaults().threads(2));
  private static final AttentionProvider REFERENCE = new ReferenceProvider();

  private final Random random = new Random(3);

  private Tensor normal(double scale, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) (scale * random.nextGaussian()));
    }
    return array;
  }

  private LongTensor ids(int below, long... sizes) {
    LongTensor array = LongTensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, random.nextInt(below));
    }
    return array;
  }

  private Layer.Linear linear(int in, int out) {
    return new Layer.Linear(normal(0.1, out, in), Optional.of(normal(0.1, out)));
  }

  private static MapLabel label() {
    return new MapLabel(MapLabel.Kind.ENCODER, 0);
  }

  private static void compare(Network network, Set<String> maps, Inputs inputs) {
    try (Program expected = REFERENCE.compile(network, maps);
        Program actual = CPU.compile(network, maps)) {
      Result want = expected.run(inputs);
      for (int round = 0; round < 3; round++) {
        compare(want, actual.run(inputs), 2e-5);
      }
    }
  }

  private static void compare(Result want, Result got, double tolerance) {
    assertEquals(want.arrays().keySet(), got.arrays().keySet());
    want.arrays()
        .forEach((name, array) -> {
          NdArray other = got.get(name);
          assertEquals(array.shape(), other.shape(), name);
          if (array instanceof Tensor floats) {
            float[] a = floats.toArray();
            float[] b = ((Tensor) other).toArray();
            for (int i = 0; i < a.length; i++) {
              assertEquals(a[i], b[i], tolerance * (1 + Math.abs(a[i])), name + " " + i);
            }
          } else {
            assertEquals(array, other, name);
          }
        });
  }

  @Test
  void everyLayerAgreesWithTheReference() {
    int channels = 24;
    Network.Builder b = Network.builder("layers");
    b.input("ids", ElementType.INT64, "batch", "length");
    b.input("image", ElementType.FLOAT32, "batch", "3", "13", "9");
    b.layer("embedded", new Layer.Embedding(normal(1, 11, channels), 2.5), "ids");
    b.layer("placed", new Layer.AddPositions(normal(1, 20, channels), 1), "embedded");
    b.layer(
        "normed", new Layer.LayerNorm(normal(1, channels), normal(1, channels), 1e-5), "placed");
    b.layer("rms", new Layer.RmsNorm(normal(1, channels), 1e-6), "normed");
    b.layer("wide", linear(channels, 70), "rms");
    for (Activation function : Activation.values()) {
      b.layer(function.name(), new Layer.Activate(function), "wide");
      b.output(function.name(), function.name());
    }
    b.layer("narrow", linear(70, channels), "GELU");
    b.layer("sum", new Layer.Add(), "narrow", "placed");
    b.layer("product", new Layer.Multiply(), "sum", "normed");
    b.layer("scaled", new Layer.Scale(-0.5), "product");
    b.layer("shifted", new Layer.AddConstant(normal(1, channels)), "scaled");
    b.layer("tokens", new Layer.Prepend(normal(1, 2, channels)), "shifted");
    b.layer(
        "convolved",
        new Layer.Convolution1d(normal(0.2, 10, channels, 3), Optional.of(normal(1, 10)), 2, 1),
        "tokens");
    b.layer("short", new Layer.ShortConvolution(normal(1, 10, 4)), "convolved");
    b.layer(
        "patches",
        new Layer.Patches(normal(0.2, channels, 3, 4, 4), Optional.of(normal(1, channels))),
        "image");
    b.layer("first", new Layer.Position(0), "tokens");
    b.layer("last", new Layer.Position(-1), "patches");
    b.layer("where", new Layer.Locate(OptionalLong.empty()), "ids");
    b.layer("where3", new Layer.Locate(OptionalLong.of(3)), "ids");
    b.layer("at", new Layer.PositionAt(), "tokens", "where");
    b.layer("mask", new Layer.KeyMask(4), "ids");
    b.layer("mean", new Layer.Mean(), "patches");
    b.layer("unit", new Layer.Normalize(), "mean");
    b.layer("similar", new Layer.Similarity(3), "unit", "first");
    b.layer("turned", new Layer.Transpose(), "shifted");
    b.layer("half", new Layer.Channels(3, 15), "shifted");
    b.layer("joined", new Layer.Concatenate(), "half", "wide", "half");
    b.layer("rotated", Layer.Rotate.of(3, false, 100, 6, 40), "shifted");
    b.layer("rotated2", Layer.Rotate.of(2, true, 100, 12, 40), "shifted", "ids");
    b.layer("repeated", new Layer.Repeat(normal(1, 5, channels)), "ids");
    b.layer("constant", new Layer.Constant(LongTensor.of(new long[] {1, 2}, 2)));
    b.layer(
        "attended",
        new Layer.Attend(
            6, 3, Pairwise.of(Score.scaledDot()).within(Scope.mask()), List.of("mask"), label()),
        "shifted",
        "half",
        "half",
        "mask");
    b.layer(
        "crossed",
        new Layer.Attend(3, 3, Pairwise.of(Score.scaledDot()), List.of(), label()),
        "repeated",
        "patches",
        "patches");
    for (String name :
        List.of(
            "short",
            "at",
            "where",
            "where3",
            "mask",
            "similar",
            "turned",
            "joined",
            "rotated",
            "rotated2",
            "attended",
            "crossed",
            "last",
            "tokens",
            "constant")) {
      b.output(name, name);
    }
    Inputs inputs = Inputs.none().with("ids", ids(11, 3, 9)).with("image", normal(1, 3, 3, 13, 9));
    compare(b.build(), Set.of("attended", "crossed"), inputs);
  }

  private Network decoder() {
    int channels = 48;
    Network.Builder b = Network.builder("decoder");
    b.input("ids", ElementType.INT64, "batch", "length");
    b.layer("x", new Layer.Embedding(normal(1, 17, channels), 1), "ids");
    b.layer("p", new Layer.AddPositions(normal(1, 300, channels), 0), "x");
    b.layer("q", linear(channels, channels), "p");
    b.layer("k", linear(channels, channels), "p");
    b.layer("v", linear(channels, channels), "p");
    b.layer("qr", Layer.Rotate.of(4, false, 10000, 12, 300), "q");
    b.layer("kr", Layer.Rotate.of(4, false, 10000, 12, 300), "k");
    b.layer("ks", new Layer.Append(channels), "kr");
    b.layer("vs", new Layer.Append(channels), "v");
    b.layer(
        "a",
        new Layer.Attend(
            4,
            4,
            Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.end()),
            List.of(),
            new MapLabel(MapLabel.Kind.DECODER, 0)),
        "qr",
        "ks",
        "vs");
    b.layer("o", linear(channels, channels), "a");
    b.layer("r", new Layer.Add(), "o", "p");
    b.output("out", "r");
    b.output("keys", "ks");
    return b.build();
  }

  @Test
  void stepsOfASessionEqualTheWholeRun() {
    Network network = decoder();
    int length = 150;
    LongTensor ids = ids(17, 2, length);
    try (Program program = CPU.compile(network, Set.of("a"));
        Program.Session session = program.begin()) {
      Result whole = program.run(Inputs.none().with("ids", ids));
      for (int t = 0, count; t < length; t += count) {
        count = Math.min(length - t, t % 3 == 0 ? 1 : 5);
        LongTensor part = LongTensor.allocate(2, count);
        for (int b = 0; b < 2; b++) {
          for (int i = 0; i < count; i++) {
            part.set((long) b * count + i, ids.get(b, t + i));
          }
        }
        Result step = session.step(Inputs.none().with("ids", part));
        assertEquals(t + count, session.past());
        for (int b = 0; b < 2; b++) {
          for (int i = 0; i < count; i++) {
            for (int c = 0; c < 48; c++) {
              float want = whole.tensor("out").get(b, t + i, c);
              float got = step.tensor("out").get(b, i, c);
              assertEquals(want, got, 2e-5 * (1 + Math.abs(want)));
            }
            for (int h = 0; h < 4; h++) {
              for (int j = 0; j <= t + i; j++) {
                assertEquals(
                    whole.tensor("a").get(b, h, t + i, j), step.tensor("a").get(b, h, i, j), 2e-5);
              }
            }
          }
        }
      }
      Result last = session.step(Inputs.none().with("ids", ids(17, 2, 1)));
      assertEquals(length + 1, last.tensor("keys").shape().size(1));
    }
  }

  /** Convolutions among the next positions, and one of what an Append node holds. */
  private Network convolutions() {
    Network.Builder b = Network.builder("convolutions");
    b.input("x", ElementType.FLOAT32, "batch", "length", "12");
    b.layer("short", new Layer.ShortConvolution(normal(0.5, 12, 3)), "x");
    b.layer("g1", linear(12, 12), "short");
    b.layer("g2", linear(12, 12), "x");
    Mechanism.LongConvolution operator = new Mechanism.LongConvolution(normal(0.3, 2, 12, 30));
    b.layer("hyena", new Layer.Hyena(operator), "g1", "g2", "short");
    b.layer("all", new Layer.Append(12), "hyena");
    b.layer("again", new Layer.ShortConvolution(normal(0.5, 12, 4)), "all");
    b.layer("last", new Layer.Position(-1), "again");
    b.output("out", "hyena");
    b.output("last", "last");
    return b.build();
  }

  private static Tensor part(Tensor x, int from, int count) {
    int channels = x.shape().intSize(2);
    Tensor part = Tensor.allocate(x.shape().size(0), count, channels);
    for (int b = 0; b < x.shape().intSize(0); b++) {
      for (int i = 0; i < count * channels; i++) {
        part.set((long) b * count * channels + i, x.get(b, from + i / channels, i % channels));
      }
    }
    return part;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void convolutionsGoOnInASession(String id) {
    AttentionProvider provider = id.equals("cpu") ? CPU : REFERENCE;
    Network network = convolutions();
    assertTrue(network.hasState());
    int length = 50;
    Tensor x = normal(1, 2, length, 12);
    try (Program program = provider.compile(network, Set.of());
        Program.Session session = program.begin()) {
      Result whole = program.run(Inputs.none().with("x", x));
      for (int t = 0, count; t < length; t += count) {
        count = Math.min(length - t, t % 3 == 0 ? 4 : 1);
        Result step = session.step(Inputs.none().with("x", part(x, t, count)));
        assertEquals(t + count, session.past());
        assertArrayEquals(
            part(whole.tensor("out"), t, count).toArray(), step.tensor("out").toArray(), 2e-5f);
        if (t + count == length) {
          assertArrayEquals(whole.tensor("last").toArray(), step.tensor("last").toArray(), 2e-5f);
        }
      }
      // Both entries go on from the second.
      session.reorder(1, 1);
      Tensor next = normal(1, 1, 1, 12);
      Tensor both = Tensor.allocate(2, 1, 12);
      for (int c = 0; c < 24; c++) {
        both.set(c, next.at(c % 12));
      }
      float[] out = session.step(Inputs.none().with("x", both)).tensor("out").toArray();
      for (int c = 0; c < 12; c++) {
        assertEquals(out[c], out[12 + c]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void mechanismsThatForgetHaveNoSession(String id) {
    Network.Builder b = Network.builder("recurrent");
    b.input("x", ElementType.FLOAT32, "batch", "length", "8");
    b.layer(
        "a",
        new Layer.Attend(
            2,
            2,
            new Mechanism.Recurrent(false, false, OptionalDouble.empty()),
            List.of(),
            new MapLabel(MapLabel.Kind.DECODER, 0)),
        "x",
        "x",
        "x");
    b.output("out", "a");
    try (Program program = (id.equals("cpu") ? CPU : REFERENCE).compile(b.build(), Set.of())) {
      String reason =
          String.valueOf(
              assertThrows(UnsupportedRequestException.class, program::begin).getMessage());
      assertTrue(reason.contains("node a: Recurrent does not go on"), reason);
    }
  }

  @Test
  void aSessionReordersAndForgetsFailedSteps() {
    Network network = decoder();
    try (Program program = CPU.compile(network, Set.of());
        Program.Session left = program.begin();
        Program.Session right = REFERENCE.compile(network, Set.of()).begin()) {
      LongTensor start = ids(17, 3, 7);
      compare(
          right.step(Inputs.none().with("ids", start)),
          left.step(Inputs.none().with("ids", start)),
          2e-5);
      LongTensor wrong = LongTensor.of(new long[] {1, 99, 2}, 3, 1);
      assertThrows(
          IllegalArgumentException.class, () -> left.step(Inputs.none().with("ids", wrong)));
      assertEquals(7, left.past());
      left.reorder(2, 0, 0, 1);
      right.reorder(2, 0, 0, 1);
      assertThrows(IllegalArgumentException.class, () -> left.reorder(4));
      LongTensor next = ids(17, 4, 2);
      compare(
          right.step(Inputs.none().with("ids", next)),
          left.step(Inputs.none().with("ids", next)),
          2e-5);
    }
  }

  @Test
  void aStepBeyondThePositionsNamesTheNode() {
    try (Program program = CPU.compile(decoder(), Set.of())) {
      IllegalArgumentException wrong =
          assertThrows(
              IllegalArgumentException.class,
              () -> program.run(Inputs.none().with("ids", ids(17, 1, 301))));
      assertTrue(String.valueOf(wrong.getMessage()).contains("node p"), wrong.getMessage());
    }
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    Network network = decoder();
    Inputs inputs = Inputs.none().with("ids", ids(17, 3, 200));
    float[] first = new float[0];
    for (int threads : new int[] {1, 2, 3, 8}) {
      AttentionProvider provider =
          new CpuProvider().configure(Settings.defaults().threads(threads));
      try (Program program = provider.compile(network, Set.of())) {
        float[] out = program.run(inputs).tensor("out").toArray();
        if (threads == 1) {
          first = out;
        }
        assertArrayEquals(first, out);
      }
    }
  }

  @Test
  void closingTwiceIsFineAndRunningAfterwardsIsNot() {
    Program program = CPU.compile(decoder(), Set.of());
    program.close();
    program.close();
    assertThrows(
        IllegalStateException.class, () -> program.run(Inputs.none().with("ids", ids(17, 1, 2))));
  }
}
