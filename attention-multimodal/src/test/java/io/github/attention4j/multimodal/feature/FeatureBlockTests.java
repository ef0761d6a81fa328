package io.github.attention4j.multimodal.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.inject.Guice;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Layer;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.multimodal.Execution;
import io.github.attention4j.multimodal.wiring.MultimodalModule;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FeatureBlockTests {
  private static final Execution EXECUTION =
      Guice.createInjector(new MultimodalModule()).getInstance(Execution.class);

  private static Tensor random(long seed, long... sizes) {
    Tensor tensor = Tensor.allocate(sizes);
    Random random = new Random(seed);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  private static double dot(Layer.Linear layer, int row, Tensor x, int b, int i) {
    double sum = layer.bias().map(bias -> (double) bias.at(row)).orElse(0.0);
    for (int k = 0; k < layer.weight().shape().size(1); k++) {
      sum += layer.weight().get(row, k) * x.get(b, i, k);
    }
    return sum;
  }

  /** The formula, in float64. */
  private static double[][] weights(
      CrossAttention block, int head, Tensor x, Tensor y, int b, int keys) {
    int queries = x.shape().intSize(1);
    int size = block.query().weight().shape().intSize(0) / block.heads();
    double[][] weights = new double[queries][keys];
    for (int i = 0; i < queries; i++) {
      double total = 0;
      for (int j = 0; j < keys; j++) {
        double score = 0;
        for (int c = head * size; c < (head + 1) * size; c++) {
          score += dot(block.query(), c, x, b, i) * dot(block.key(), c, y, b, j);
        }
        weights[i][j] = Math.exp(score / Math.sqrt(size));
        total += weights[i][j];
      }
      for (int j = 0; j < keys; j++) {
        weights[i][j] /= total;
      }
    }
    return weights;
  }

  @Test
  void crossAttentionIsItsFormulaAndCarriesItsLabels() {
    CrossAttention block = CrossAttention.random(6, 5, 8, 2, 1);
    Tensor x = random(2, 2, 3, 6);
    Tensor y = random(3, 2, 4, 5);
    List<List<Double>> boxes =
        List.of(
            List.of(0., 0., .5, .5),
            List.of(.5, 0., 1., .5),
            List.of(0., .5, .5, 1.),
            List.of(.5, .5, 1., 1.));
    Features regions = Features.regions(y, boxes);
    LongTensor mask = LongTensor.of(new long[] {1, 1, 1, 1, 1, 1, 0, 0}, 2, 4);
    Features padded = new Features(y, Optional.of(mask), regions.labels());
    try (FeatureAttention attention = new FeatureAttention(block, EXECUTION)) {
      FeatureAttention.Attended attended = attention.attend(Features.frames(x, 0.02), padded);
      assertEquals(Shape.of(2, 3, 6), attended.output().shape());
      for (int sample = 0; sample < 2; sample++) {
        AttentionMap map = attended.traces().get(sample).maps().getFirst();
        assertEquals(boxes, map.keys().places());
        assertEquals(List.of(0.02, 0.04), map.queries().places().get(1));
        int keys = sample == 0 ? 4 : 2;
        for (int head = 0; head < 2; head++) {
          double[][] expected = weights(block, head, x, y, sample, keys);
          for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 4; j++) {
              assertEquals(j < keys ? expected[i][j] : 0, map.weights().get(head, i, j), 1e-5);
            }
          }
        }
      }
    }
  }

  private static Result run(Network network, Inputs inputs) {
    try (Program program = EXECUTION.compile(network, new HashSet<>(network.attentionNodes()))) {
      return program.run(inputs);
    }
  }

  @Test
  void coAttentionTreatsItsStreamsAlike() {
    CoAttention layer = CoAttention.random(6, 5, 8, 2, 7);
    CoAttention turned = new CoAttention(/* text= */ layer.vision(), /* vision= */ layer.text());
    Tensor x = random(2, 2, 3, 6);
    Tensor y = random(3, 2, 4, 5);
    LongTensor words = LongTensor.of(new long[] {1, 1, 1, 1, 1, 0}, 2, 3);
    LongTensor regions = LongTensor.of(new long[] {1, 1, 1, 1, 1, 1, 0, 0}, 2, 4);
    Inputs inputs =
        Inputs.none()
            .with(CoAttention.TEXT, x)
            .with(CoAttention.VISION, y)
            .with(CoAttention.TEXT_MASK, words)
            .with(CoAttention.VISION_MASK, regions);
    Inputs exchanged =
        Inputs.none()
            .with(CoAttention.TEXT, y)
            .with(CoAttention.VISION, x)
            .with(CoAttention.TEXT_MASK, regions)
            .with(CoAttention.VISION_MASK, words);
    Result one = run(layer.network(true), inputs);
    Result other = run(turned.network(true), exchanged);
    assertEquals(one.tensor(CoAttention.TEXT), other.tensor(CoAttention.VISION));
    assertEquals(one.tensor(CoAttention.VISION), other.tensor(CoAttention.TEXT));
    assertEquals(one.tensor("text_to_vision"), other.tensor("vision_to_text"));
    assertEquals(0, one.tensor("text_to_vision").get(1, 0, 0, 3));
  }

  @Test
  void poolingAndResamplingDoNotSeeTheOrder() {
    Tensor y = random(3, 1, 4, 5);
    Tensor backwards = Tensor.allocate(1, 4, 5);
    for (int i = 0; i < 20; i++) {
      backwards.set((3 - i / 5) * 5L + i % 5, y.at(i));
    }
    for (Network network :
        List.of(
            AttentionPooling.random(2, 6, 5, 8, 2, 1).network(false),
            Resampler.random(3, 6, 5, 8, 2, 2, 1).network(false))) {
      Tensor one = run(network, Inputs.none().with(CrossAttention.CONTEXT, y)).output();
      Tensor other = run(network, Inputs.none().with(CrossAttention.CONTEXT, backwards)).output();
      for (long i = 0; i < one.shape().elements(); i++) {
        assertEquals(one.at(i), other.at(i), 1e-5);
      }
      assertTrue(one.shape().size(1) < 4);
    }
  }

  @Test
  void sizesThatDoNotFit() {
    CrossAttention block = CrossAttention.random(6, 5, 8, 2, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> new CrossAttention(3, block.query(), block.key(), block.value(), block.output()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new CrossAttention(2, block.query(), block.output(), block.value(), block.output()));
    assertThrows(
        IllegalArgumentException.class, () -> new AttentionPooling(Tensor.allocate(2, 5), block));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Features(
                Tensor.allocate(1, 2, 3),
                Optional.of(LongTensor.allocate(1, 3)),
                Features.of(Tensor.allocate(1, 2, 3)).labels()));
  }
}
