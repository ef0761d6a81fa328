package io.github.attention4j.viz.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.ElementType;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** ‖α f(x)‖ of a network's own attention layers. */
final class NetworkNormsTests {
  private static final int HEADS = 4;
  private static final int KEY_HEADS = 2;
  private static final int SIZE = 3;
  private static final int MODEL = 5;
  private static final int KEYS = 6;
  private static final int QUERIES = 2;

  private final SplittableRandom random = new SplittableRandom(3);

  private Tensor noise(long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) (2 * random.nextDouble() - 1));
    }
    return array;
  }

  private static Network.Builder attending() {
    Network.Builder builder = Network.builder("net");
    for (String name : List.of("query", "key", "value")) {
      builder.input(name, ElementType.FLOAT32, "batch", "length", "channels");
    }
    builder.layer(
        "look",
        new Layer.Attend(
            HEADS,
            KEY_HEADS,
            Mechanism.Pairwise.of(new Score.ScaledDot(OptionalDouble.empty())),
            List.of(),
            new MapLabel(MapLabel.Kind.ENCODER, 0)),
        "query",
        "key",
        "value");
    return builder;
  }

  @Test
  void areLengthsOfProjectedValuesAlsoWhereHeadsShareThem() {
    Tensor projection = noise(MODEL, HEADS * SIZE);
    Network.Builder builder = attending();
    builder.layer("out", new Layer.Linear(projection, Optional.of(noise(MODEL))), "look");
    Network network = NetworkNorms.showingValues(builder.output("y", "out").build());
    assertEquals("value", network.outputs().get("values of look"));
    Tensor weights = noise(2, HEADS, QUERIES, KEYS);
    weights.set(1, 0);
    Tensor values = noise(2, KEYS, KEY_HEADS * SIZE);
    // A value behind a weight of zero may be anything.
    Result result = Result.of(Map.of("look", weights, "values of look", values));
    NetworkNorms computing = new NetworkNorms(network);
    Tensor norms = Objects.requireNonNull(computing.of(result).get("look"));
    assertEquals(Map.of(), computing.reasons());
    assertEquals(weights.shape(), norms.shape());
    for (int b = 0; b < 2; b++) {
      for (int h = 0; h < HEADS; h++) {
        for (int q = 0; q < QUERIES; q++) {
          for (int k = 0; k < KEYS; k++) {
            double squares = 0;
            for (int m = 0; m < MODEL; m++) {
              double sum = 0;
              for (int d = 0; d < SIZE; d++) {
                sum +=
                    (double) values.get(b, k, h / 2 * SIZE + d) * projection.get(m, h * SIZE + d);
              }
              squares += sum * sum;
            }
            double expected = Math.abs(weights.get(b, h, q, k)) * Math.sqrt(squares);
            assertEquals(expected, norms.get(b, h, q, k), 1e-6);
          }
        }
      }
    }
    Labels queries = Labels.numbered(QUERIES);
    Labels keys = Labels.numbered(KEYS);
    MapLabel label = new MapLabel(MapLabel.Kind.ENCODER, 0);
    Tensor first = Tensor.allocate(HEADS, QUERIES, KEYS);
    AttentionMap labelled =
        NetworkNorms.labelled(
                List.of(new AttentionMap("look", label, first, queries, keys, "")),
                Map.of("look", norms))
            .getFirst();
    assertEquals(norms.get(0, 3, 1, 5), labelled.weights().get(3, 1, 5));
    assertEquals(keys, labelled.keys());
  }

  @Test
  void sayWhyThereAreNone() {
    Network.Builder builder = attending();
    builder.layer("doubled", new Layer.Scale(2), "look");
    builder.layer("out", new Layer.Linear(noise(MODEL, HEADS * SIZE), Optional.empty()), "doubled");
    NetworkNorms computing = new NetworkNorms(builder.output("y", "out").build());
    assertTrue(
        computing.reasons().getOrDefault("look", "").contains("Scale doubled"),
        computing.reasons().toString());
    Result result = Result.of(Map.of("look", noise(1, HEADS, QUERIES, KEYS)));
    assertTrue(computing.of(result).isEmpty());
    assertFalse(NetworkNorms.isValues("look"));
  }
}
