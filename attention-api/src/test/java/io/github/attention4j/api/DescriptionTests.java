package io.github.attention4j.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.network.Activation;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DescriptionTests {
  private static final Tensor MATRIX = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);

  private static void roundTrip(Record value) {
    Description description = Description.of(value);
    assertEquals(value, description.read(value.getClass()), () -> description.toString());
  }

  @Test
  void everyKindOfTermSurvivesARoundTrip() {
    Score additive = new Score.Additive(MATRIX, MATRIX, Tensor.of(new float[] {1, 2}, 2));
    roundTrip(
        Request.of(
                Pairwise.of(additive.softcap(3.5))
                    .plus(new Bias.Dense("bias"))
                    .plus(Bias.Alibi.forHeads(6))
                    .within(
                        Scope.causal()
                            .and(
                                Scope.longformer(3),
                                new Scope.PerHead(List.of(Scope.lengths(), Scope.mask().not()))))
                    .placed(new Placement.EndOfLength("lengths"))
                    .normalizedBy(new Normalizer.ChainCrf(MATRIX)))
            .capture(Capture.WEIGHTS, new Capture.TopK(4), new Capture.Pooled(2, 3)));
    roundTrip(
        Request.of(
            Pairwise.of(
                    new Score.Rotary(
                        Score.scaledDot(0.5), 10_000, 4, true, Optional.of("positions")))
                .within(
                    Scope.bigBird(
                        4, 3, List.of(0L, 2L), LongTensor.of(new long[] {1, -1}, 1, 2, 1)))));
    roundTrip(
        Request.of(
            new Mechanism.WordMemory(
                1, Tensor.allocate(2, 3, 4), Optional.empty(), Optional.of(MATRIX), true)));
    roundTrip(Request.of(new Mechanism.Landmark(4, 6, OptionalDouble.of(0.25))));
  }

  @Test
  void aNetworkSurvivesARoundTrip() {
    Network.Builder builder = Network.builder("tiny");
    String ids = builder.input("ids", ElementType.INT64, "batch", "length");
    String x = builder.layer("embed", new Layer.Embedding(MATRIX, 2), ids);
    x = builder.layer("linear", new Layer.Linear(MATRIX, Optional.empty()), x);
    x = builder.layer("gelu", new Layer.Activate(Activation.GELU), x);
    builder.layer("end", new Layer.Locate(OptionalLong.of(2)), ids);
    x =
        builder.layer(
            "attend",
            new Layer.Attend(
                1,
                1,
                Pairwise.of(Score.scaledDot()),
                List.of(),
                new MapLabel(MapLabel.Kind.ENCODER, 0)),
            x,
            x,
            x);
    roundTrip(builder.output("y", x).build());
  }

  @Test
  void anArrayUsedTwiceIsKeptOnceUnderItsFirstPath() {
    Description description =
        Description.of(new Score.Additive(MATRIX, MATRIX, Tensor.of(new float[] {1, 2}, 2)));
    assertEquals(List.of("query", "direction"), List.copyOf(description.arrays().keySet()));
    assertEquals(
        Map.of(
            "type", "Additive",
            "query", Map.of("tensor", "query"),
            "key", Map.of("tensor", "query"),
            "direction", Map.of("tensor", "direction")),
        description.tree());
  }

  @Test
  void handWrittenTreesMayLeaveOutWhatIsUsual() {
    Object tree =
        Map.of(
            "mechanism",
            Map.of("type", "Pairwise", "score", "ScaledDot"),
            "captures",
            List.of("Weights"));
    assertEquals(
        Request.of(Pairwise.of(Score.scaledDot())).capture(Capture.WEIGHTS),
        new Description(tree, Map.of()).read(Request.class));
    assertEquals(
        new Bias.Alibi(Tensor.of(new float[] {0.5f, 0.25f}, 2)),
        new Description(Map.of("type", "Alibi", "slopes", List.of(0.5, 0.25)), Map.of())
            .read(Bias.class));
  }

  @Test
  void mistakesAreNamedWithTheirPlace() {
    assertMessage(
        Map.of("mechanism", Map.of("type", "Pairwise", "score", "Scaled")),
        "mechanism.score: expected type to be one of [");
    assertMessage(
        Map.of("mechanism", Map.of("type", "Pairwise", "score", "Dot", "scop", "Full")),
        "mechanism: expected the fields [score, biases, scope, normalizer, placement] of Pairwise, got 'scop'");
    assertMessage(
        Map.of("mechanism", Map.of("type", "LongConvolution")),
        "mechanism.filters: expected Tensor, but the field is missing");
    assertMessage(
        Map.of("mechanism", Map.of("type", "LongConvolution", "filters", Map.of("tensor", "h"))),
        "mechanism.filters: expected one of the tensors [], got 'h'");
    assertMessage(
        Map.of("mechanism", Map.of("type", "Landmark", "landmarks", 0, "iterations", 1)),
        "mechanism: landmarks: expected >= 1, got 0");
    assertMessage(
        Map.of("mechanism", Map.of("type", "Landmark", "landmarks", 1.5, "iterations", 1)),
        "mechanism.landmarks: expected int, got 1.5");
    assertMessage(
        Map.of(
            "mechanism",
            Map.of("type", "LongConvolution", "filters", List.of(List.of(1, 2), List.of(3)))),
        "mechanism.filters: expected nested lists of the sizes [2, 2]");
  }

  private static void assertMessage(Object tree, String expected) {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Description(tree, Map.of()).read(Request.class));
    assertTrue(String.valueOf(error.getMessage()).startsWith(expected), error::getMessage);
  }
}
