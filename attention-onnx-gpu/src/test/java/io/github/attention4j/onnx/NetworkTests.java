package io.github.attention4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class NetworkTests {
  private static final AttentionProviders PROVIDERS = AttentionProviders.load();
  private static final MapLabel LABEL = new MapLabel(MapLabel.Kind.ENCODER, 0);

  /// Every layer alone, against the reference.
  @TestFactory
  Stream<DynamicTest> layersEqualTheReference() {
    Map<String, Layer> layers = new LinkedHashMap<>();
    layers.put(
        "linear", new Layer.Linear(Numbers.normal(1, 5, 6), Optional.of(Numbers.normal(2, 5))));
    layers.put("linear without bias", new Layer.Linear(Numbers.normal(1, 5, 6), Optional.empty()));
    layers.put("positions", new Layer.AddPositions(Numbers.normal(1, 9, 6), 2));
    layers.put("layer norm", new Layer.LayerNorm(Numbers.normal(1, 6), Numbers.normal(2, 6), 1e-5));
    layers.put("rms norm", new Layer.RmsNorm(Numbers.normal(1, 6), 1e-6));
    for (Activation function : Activation.values()) {
      layers.put(function.name(), new Layer.Activate(function));
    }
    layers.put(
        "convolution",
        new Layer.Convolution1d(
            Numbers.normal(1, 4, 6, 3), Optional.of(Numbers.normal(2, 4)), 2, 1));
    layers.put("short convolution", new Layer.ShortConvolution(Numbers.normal(1, 6, 3)));
    layers.put("append", new Layer.Append(6));
    layers.put("rotate", Layer.Rotate.of(1, false, 100, 4, 16));
    layers.put("rotate interleaved", Layer.Rotate.of(2, true, 100, 2, 16));
    layers.put("scale", new Layer.Scale(-2.5));
    layers.put("constant", new Layer.AddConstant(Numbers.normal(1, 7, 6)));
    layers.put("prepend", new Layer.Prepend(Numbers.normal(1, 2, 6)));
    layers.put("repeat", new Layer.Repeat(Numbers.normal(1, 2, 4)));
    layers.put("position", new Layer.Position(-1));
    layers.put("transpose", new Layer.Transpose());
    layers.put("mean", new Layer.Mean());
    layers.put("normalize", new Layer.Normalize());
    layers.put("channels", new Layer.Channels(1, 4));
    return layers.entrySet().stream()
        .map(each ->
            DynamicTest.dynamicTest(
                each.getKey(),
                () -> {
                  Network.Builder builder = Network.builder("one");
                  builder.input("x", ElementType.FLOAT32, "batch", "length", "6");
                  builder.layer("layer", each.getValue(), "x");
                  Network network = builder.output("y", "layer").build();
                  assertEqualReference(
                      network, Set.of(), Inputs.none().with("x", Numbers.normal(3, 2, 7, 6)));
                }));
  }

  /// ONNX Runtime's MultiHeadAttention stands in where nothing is masked.
  @Test
  void theFusedDialectEqualsTheReference() {
    Network.Builder builder = Network.builder("fused");
    builder.input("x", ElementType.FLOAT32, "batch", "length", "6");
    for (Score score : List.of(Score.dot(), Score.scaledDot(), Score.scaledDot(0.3))) {
      String name = "look " + score;
      builder.layer(
          name,
          new Layer.Attend(2, 2, Mechanism.Pairwise.of(score), List.of(), LABEL),
          "x",
          "x",
          "x");
      builder.output("y" + score, name);
    }
    Network network = builder.build();
    Inputs inputs = Inputs.none().with("x", Numbers.normal(3, 2, 7, 6));
    try (Program fused =
            new OnnxProvider()
                .configure(Settings.defaults().option("onnx.dialect", "fused"))
                .compile(network, Set.of());
        Program reference = PROVIDERS.named("reference").compile(network, Set.of())) {
      Numbers.assertClose("fused", reference.run(inputs), fused.run(inputs), 1e-5);
    }
  }

  /// Layers of several inputs or of ids, in one network.
  @Test
  void combinationsEqualTheReference() {
    Network.Builder builder = Network.builder("many");
    builder.input("ids", ElementType.INT64, "batch", "length");
    builder.input("image", ElementType.FLOAT32, "batch", "3", "height", "width");
    builder.input("flags", ElementType.BOOL, "batch", "length");
    builder.layer("embedded", new Layer.Embedding(Numbers.normal(1, 11, 6), 2), "ids");
    builder.layer("types", new Layer.Constant(LongTensor.of(new long[] {3}, 1, 1)));
    builder.layer("type", new Layer.Embedding(Numbers.normal(8, 4, 6), 1), "types");
    builder.layer(
        "patches",
        new Layer.Patches(Numbers.normal(2, 6, 3, 2, 3), Optional.of(Numbers.normal(3, 6))),
        "image");
    builder.layer("mask", new Layer.KeyMask(0), "ids");
    Mechanism masked = Mechanism.Pairwise.of(Score.scaledDot()).within(Scope.mask());
    builder.layer(
        "look",
        new Layer.Attend(2, 1, masked, List.of(Inputs.MASK), LABEL),
        "embedded",
        builder.layer("k", new Layer.Channels(0, 3), "embedded"),
        builder.layer("v", new Layer.Channels(3, 6), "embedded"),
        "mask");
    builder.layer("sum", new Layer.Add(), "embedded", "look");
    builder.layer("product", new Layer.Multiply(), "sum", "embedded");
    builder.layer("chosen", new Layer.Choose(), "flags", "sum", "product");
    builder.layer("wide", new Layer.Concatenate(), "chosen", "look");
    builder.layer("where", new Layer.Locate(OptionalLong.of(7)), "ids");
    builder.layer("largest", new Layer.Locate(OptionalLong.empty()), "ids");
    builder.layer("a", new Layer.PositionAt(), "chosen", "where");
    builder.layer("b", new Layer.PositionAt(), "sum", "largest");
    builder.layer("similar", new Layer.Similarity(3), "a", "b");
    Network network =
        builder
            .output("wide", "wide")
            .output("similar", "similar")
            .output("patches", "patches")
            .output("type", "type")
            .output("where", "where")
            .build();
    assertEqualReference(
        network,
        Set.of("look"),
        Inputs.none()
            .with("ids", Numbers.ids(5, 11, 3, 8))
            .with("image", Numbers.normal(6, 3, 3, 5, 7))
            .with("flags", Numbers.coins(7, 0.5, 3, 8)));
  }

  /// Step by step, with the batch reordered on the way, as the reference does; and without
  /// reordering as all at once.
  @Test
  void stepsEqualOneRun() {
    Network network = decoder();
    Inputs all = Inputs.none().with("ids", Numbers.ids(1, 9, 3, 7));
    try (Program onnx = PROVIDERS.named("onnx").compile(network, Set.of("self"));
        Program.Session session = onnx.begin()) {
      Result whole = onnx.run(all);
      for (int t = 0; t < 7; t++) {
        assertEquals(t, session.past());
        Result step = session.step(Inputs.none().with("ids", column(all.longs("ids"), t)));
        for (int b = 0; b < 3; b++) {
          for (int c = 0; c < 6; c++) {
            assertEquals(whole.tensor("y").get(b, t, c), step.tensor("y").get(b, 0, c), 1e-5);
          }
        }
        assertArrayEquals(new long[] {3, 2, 1, t + 1}, step.tensor("self").shape().toArray());
      }
    }
  }

  @Test
  void nothingInABatchIsNothing() {
    Inputs none = Inputs.none().with("ids", LongTensor.allocate(0, 7));
    assertEqualReference(decoder(), Set.of("self"), none);
    assertEqualReference(decoder(), Set.of(), none);
  }

  /// A graph's convolutions see their step only, so there is no session rather than a wrong one.
  @Test
  void convolutionsHaveNoSession() {
    Network.Builder b = Network.builder("convolution");
    b.input("x", ElementType.FLOAT32, "batch", "length", "6");
    b.layer("short", new Layer.ShortConvolution(Numbers.normal(1, 6, 3)), "x");
    b.output("y", "short");
    try (Program onnx = PROVIDERS.named("onnx").compile(b.build(), Set.of())) {
      String reason =
          String.valueOf(assertThrows(UnsupportedRequestException.class, onnx::begin).getMessage());
      assertTrue(reason.contains("node short: a short convolution does not go on"), reason);
    }
  }

  @Test
  void reorderingContinuesOtherSequences() {
    Network network = decoder();
    LongTensor ids = Numbers.ids(2, 9, 3, 4);
    try (Program onnx = PROVIDERS.named("onnx").compile(network, Set.of());
        Program reference = PROVIDERS.named("reference").compile(network, Set.of());
        Program.Session mine = onnx.begin();
        Program.Session theirs = reference.begin()) {
      for (int t = 0; t < 4; t++) {
        Inputs step =
            Inputs.none()
                .with("ids", t < 2 ? column(ids, t) : LongTensor.of(new long[] {t, 5}, 2, 1));
        Numbers.assertClose("step " + t, theirs.step(step), mine.step(step), 1e-5);
        if (t == 1) {
          mine.reorder(2, 2);
          theirs.reorder(2, 2);
        }
      }
      assertThrows(IllegalArgumentException.class, () -> mine.reorder(2));
    }
  }

  @Test
  void idsAndLengthsBeyondTheTablesAreRefused() {
    try (Program program = PROVIDERS.named("onnx").compile(decoder(), Set.of())) {
      for (long id : new long[] {-1, 9}) {
        IllegalArgumentException refused =
            assertThrows(
                IllegalArgumentException.class,
                () -> program.run(Inputs.none().with("ids", LongTensor.of(new long[] {id}, 1, 1))));
        assertTrue(
            String.valueOf(refused.getMessage()).startsWith("ids: expected ids 0 to 8"),
            refused.toString());
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> program.run(Inputs.none().with("ids", LongTensor.allocate(1, 13))));
    }
  }

  @Test
  void aMapThatIsNotThereIsRefusedAndClosedProgramsDoNotRun() {
    assertThrows(
        IllegalArgumentException.class,
        () -> PROVIDERS.named("onnx").compile(decoder(), Set.of("nowhere")));
    Program program = PROVIDERS.named("onnx").compile(decoder(), Set.of());
    Program.Session session = program.begin();
    program.close();
    program.close();
    Inputs inputs = Inputs.none().with("ids", LongTensor.allocate(1, 1));
    assertThrows(IllegalStateException.class, () -> program.run(inputs));
    assertThrows(IllegalStateException.class, () -> session.step(inputs));
    session.close();
  }

  @Test
  void aClosedSessionDoesNotGoOnAndClosingTwiceIsFine() {
    try (Program program = PROVIDERS.named("onnx").compile(decoder(), Set.of())) {
      Inputs inputs = Inputs.none().with("ids", LongTensor.allocate(1, 1));
      Program.Session session = program.begin();
      session.step(inputs);
      session.close();
      session.close();
      assertMessage(
          "session was closed",
          assertThrows(IllegalStateException.class, () -> session.step(inputs)));
      assertMessage(
          "session was closed",
          assertThrows(IllegalStateException.class, () -> session.reorder(0)));
      assertEquals(3, program.run(inputs).tensor("y").shape().rank(), "the program still runs");
    }
  }

  @Test
  void inputsOfANetworkThatDoNotFitAreNamed() {
    Network.Builder builder = Network.builder("two");
    builder.input("a", ElementType.FLOAT32, "batch", "length", "6");
    builder.input("b", ElementType.FLOAT32, "batch", "length", "6");
    Network network = builder.output("y", builder.layer("sum", new Layer.Add(), "a", "b")).build();
    try (Program program = PROVIDERS.named("onnx").compile(network, Set.of())) {
      Inputs a = Inputs.none().with("a", Numbers.normal(1, 2, 3, 6));
      Map<String, Inputs> wrong =
          Map.of(
              "inputs: expected 'b'", a,
              "b: expected FLOAT32", a.with("b", LongTensor.allocate(2, 3, 6)),
              "b: expected float32", a.with("b", Numbers.normal(1, 2, 6)),
              "got float32 [2, 3, 7]", a.with("b", Numbers.normal(1, 2, 3, 7)),
              "b: expected length 3", a.with("b", Numbers.normal(1, 2, 4, 6)));
      wrong.forEach((part, inputs) ->
          assertMessage(
              part, assertThrows(IllegalArgumentException.class, () -> program.run(inputs))));
    }
  }

  private static void assertMessage(String part, Exception refused) {
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.toString());
  }

  private static Network decoder() {
    Network.Builder builder = Network.builder("decoder");
    builder.input("ids", ElementType.INT64, "batch", "length");
    builder.layer("embedded", new Layer.Embedding(Numbers.normal(1, 9, 6), 1), "ids");
    builder.layer("placed", new Layer.AddPositions(Numbers.normal(2, 12, 6), 0), "embedded");
    builder.layer("q", Layer.Rotate.of(2, false, 100, 2, 12), "placed");
    builder.layer("k", new Layer.Append(6), "q");
    builder.layer("v", new Layer.Append(6), "placed");
    Mechanism causal =
        Mechanism.Pairwise.of(Score.scaledDot()).within(Scope.causal()).placed(Placement.end());
    builder.layer("self", new Layer.Attend(2, 2, causal, List.of(), LABEL), "q", "k", "v");
    return builder.output("y", "self").build();
  }

  private static LongTensor column(LongTensor ids, int t) {
    LongTensor column = LongTensor.allocate(ids.shape().size(0), 1);
    for (int b = 0; b < ids.shape().size(0); b++) {
      column.set(b, ids.get(b, t));
    }
    return column;
  }

  private static void assertEqualReference(Network network, Set<String> maps, Inputs inputs) {
    try (Program onnx = PROVIDERS.named("onnx").compile(network, maps);
        Program reference = PROVIDERS.named("reference").compile(network, maps)) {
      Numbers.assertClose(network.name(), reference.run(inputs), onnx.run(inputs), 1e-5);
    }
  }
}
