package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.multimodal.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

/** Traces for tests. */
public final class Traces {
  private Traces() {}

  /** One map of one layer; the rows of all heads below each other. */
  public static AttentionMap map(
      MapLabel.Kind kind, int layer, int heads, Labels queries, Labels keys, float... weights) {
    return new AttentionMap(
        kind.text() + layer,
        new MapLabel(kind, layer),
        Tensor.of(weights, heads, queries.size(), keys.size()),
        queries,
        keys,
        "");
  }

  /** Softmax of normal noise; every third head prefers the token before. */
  public static AttentionMap noise(MapLabel.Kind kind, int layer, int heads, Labels labels) {
    Random random = new Random(layer);
    int length = labels.size();
    Tensor weights = Tensor.allocate(heads, length, length);
    double[] row = new double[length];
    for (int i = 0; i < heads * length; i++) {
      double sum = 0;
      for (int key = 0; key < length; key++) {
        boolean previous = i / length % 3 == 0 && key == i % length - 1;
        row[key] = Math.exp(random.nextGaussian() + (previous ? 7 : 0));
        sum += row[key];
      }
      for (int key = 0; key < length; key++) {
        weights.set((long) i * length + key, (float) (row[key] / sum));
      }
    }
    return new AttentionMap(
        kind.text() + layer, new MapLabel(kind, layer), weights, labels, labels, "");
  }

  /** The trained induction model on its example; layer 0 head 2 and all of layer 1 are known. */
  public static AttentionTrace induction() {
    return trace("induction.safetensors", "attentions.");
  }

  /** The same with all weights shuffled; `seed` is 0, 1 or 2. */
  public static AttentionTrace shuffled(int seed) {
    return trace("induction-shuffled.safetensors", "shuffled." + seed + ".");
  }

  private static AttentionTrace trace(String resource, String prefix) {
    Safetensors file = read(resource);
    List<String> symbols =
        Stream.concat(
                Stream.of("<bos>"),
                "kQ7xTb2mZWq9kQ7xTb2mZWq9kQ7xT".chars().mapToObj(Character::toString))
            .toList();
    Labels labels = Labels.tokens(symbols);
    List<AttentionMap> maps = new ArrayList<>();
    for (int layer = 0; layer < 2; layer++) {
      maps.add(
          new AttentionMap(
              "layer" + layer,
              new MapLabel(MapLabel.Kind.DECODER, layer),
              file.tensor(prefix + layer),
              labels,
              labels,
              "verified: rows sum to 1"));
    }
    return new AttentionTrace(maps, Map.of("model", "induction"));
  }

  private static Safetensors read(String resource) {
    try (InputStream stream =
        Objects.requireNonNull(Traces.class.getResourceAsStream(resource), resource)) {
      return Safetensors.of(resource, stream.readAllBytes());
    } catch (IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
  }
}
