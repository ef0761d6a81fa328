package io.github.attention4j.viz.conform;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.Optional;
import java.util.OptionalDouble;

/** The mechanisms that are not plain pairwise attention, with shapes and parameters drawn. */
final class RandomMechanism {
  private final Draw draw;
  private final int batch;
  private final int heads;
  private final int size;
  private final int valueSize;

  private RandomMechanism(Draw draw) {
    this.draw = draw;
    batch = draw.among(0, 1, 1, 2, 3);
    heads = draw.between(1, 3);
    size = draw.between(1, 9);
    valueSize = draw.between(1, 9);
  }

  static Draw.Run next(Draw draw) {
    RandomMechanism drawn = new RandomMechanism(draw);
    return switch (draw.between(0, 10)) {
      case 0 -> drawn.linearized(new FeatureMap.EluPlusOne());
      case 1 ->
          drawn.linearized(
              FeatureMap.FavorPlus.draw(
                  draw.between(1, 20), drawn.size, draw.between(0, 99), draw.coin(), draw.coin()));
      case 2 -> drawn.recurrent();
      case 3 -> drawn.lowRank();
      case 4 -> drawn.landmark();
      case 5 -> drawn.longConvolution();
      case 6 -> drawn.ntm();
      case 7 -> drawn.nearestKeys();
      case 8 -> draw.coin() ? drawn.multiHop() : drawn.wordMemory();
      case 9 -> drawn.productKeys();
      default -> drawn.chain();
    };
  }

  private Inputs inputs(int queries, int keys) {
    return Inputs.of(
        draw.normal(1, batch, heads, queries, size),
        draw.normal(1, batch, heads, keys, size),
        draw.normal(1, batch, heads, keys, valueSize));
  }

  private LongTensor lengths(int longest) {
    LongTensor lengths = LongTensor.allocate(batch);
    for (int b = 0; b < batch; b++) {
      lengths.set(b, draw.between(0, longest));
    }
    return lengths;
  }

  private Draw.Run linearized(FeatureMap map) {
    int queries = draw.oneIn(6) ? 0 : draw.between(1, 80);
    int keys = draw.oneIn(6) ? 0 : draw.between(1, 80);
    Scope scope = draw.coin() ? Scope.causal() : Scope.full();
    Inputs inputs = inputs(queries, keys);
    if (draw.oneIn(3)) {
      scope = scope.and(Scope.lengths());
      inputs = inputs.with("lengths", lengths(keys));
    }
    if (draw.oneIn(3)) {
      long features =
          switch (map) {
            case FeatureMap.EluPlusOne _ -> size;
            case FeatureMap.FavorPlus(var omega, var hyperbolic) ->
                omega.shape().size(-2) * (hyperbolic ? 2 : 1);
          };
      inputs =
          inputs
              .with("state_s", draw.normal(1, batch, heads, features, valueSize))
              .with("state_z", draw.uniform(0.5, 2, batch, heads, features));
    }
    return new Draw.Run(new Mechanism.Linearized(map, scope), inputs);
  }

  private Draw.Run recurrent() {
    int length = draw.between(0, 40);
    boolean gated = draw.coin();
    boolean delta = draw.coin();
    Inputs inputs = inputs(length, length);
    inputs = inputs.with("key", draw.normal(0.3, batch, heads, length, size));
    if (gated) {
      inputs =
          inputs.with(
              "decay",
              draw.coin()
                  ? draw.uniform(-0.5, 0, batch, heads, length)
                  : draw.uniform(-0.5, 0, batch, heads, length, size));
    }
    if (delta) {
      inputs = inputs.with("beta", draw.uniform(0, 1, batch, heads, length));
    }
    if (draw.coin()) {
      inputs = inputs.with("state", draw.normal(1, batch, heads, size, valueSize));
    }
    OptionalDouble scale = draw.coin() ? OptionalDouble.empty() : OptionalDouble.of(0.7);
    return new Draw.Run(new Mechanism.Recurrent(gated, delta, scale), inputs);
  }

  private Draw.Run lowRank() {
    int queries = draw.between(0, 30);
    int keys = draw.between(1, 30);
    int projected = draw.between(1, 8);
    boolean perHead = draw.coin();
    Tensor e = perHead ? draw.normal(1, heads, projected, keys) : draw.normal(1, projected, keys);
    Tensor f = perHead ? draw.normal(1, heads, projected, keys) : draw.normal(1, projected, keys);
    boolean padded = draw.coin();
    return new Draw.Run(
        new Mechanism.LowRank(
            e, f, OptionalDouble.empty(), padded ? Scope.lengths() : Scope.full()),
        padded ? inputs(queries, keys).with("lengths", lengths(keys)) : inputs(queries, keys));
  }

  private Draw.Run landmark() {
    int length = draw.between(1, 30);
    // The iteration converges slowly where landmarks are nearly alike, and the inverse of such is
    // ill-conditioned: what is compared stays away from that.
    int landmarks = draw.between(1, Math.min(4, length));
    return new Draw.Run(
        new Mechanism.Landmark(landmarks, 6, OptionalDouble.empty()), inputs(length, length));
  }

  private Draw.Run longConvolution() {
    int order = draw.between(1, 3);
    int length = draw.between(0, 50);
    int channels = draw.between(1, 6);
    return new Draw.Run(
        new Mechanism.LongConvolution(draw.normal(0.3, order, channels, draw.between(1, 60))),
        Inputs.none()
            .with("gates", draw.normal(1, order, batch, length, channels))
            .with("value", draw.normal(1, batch, length, channels)));
  }

  private Tensor distribution(long... sizes) {
    Tensor weights = draw.uniform(0.1, 1, sizes);
    int last = (int) sizes[sizes.length - 1];
    for (long row = 0; row < weights.shape().elements() / last; row++) {
      float sum = 0;
      for (int i = 0; i < last; i++) {
        sum += weights.at(row * last + i);
      }
      for (int i = 0; i < last; i++) {
        weights.set(row * last + i, weights.at(row * last + i) / sum);
      }
    }
    return weights;
  }

  private Draw.Run ntm() {
    int slots = draw.between(3, 12);
    Inputs inputs =
        Inputs.none()
            .with("memory", draw.normal(1, batch, slots, size))
            .with("query", draw.normal(1, batch, heads, size))
            .with("beta", draw.uniform(0.5, 5, batch, heads))
            .with("gate", draw.uniform(0, 1, batch, heads))
            .with("gamma", draw.uniform(1, 4, batch, heads))
            .with("previous", distribution(batch, heads, slots))
            .with("shift", distribution(batch, heads, 3));
    if (draw.coin()) {
      inputs =
          inputs
              .with("erase", draw.uniform(0, 1, batch, heads, size))
              .with("add", draw.normal(1, batch, heads, size));
    }
    return new Draw.Run(new Mechanism.NtmAddressing(), inputs);
  }

  private Draw.Run nearestKeys() {
    int memory = draw.among(0, 1, 3, 17, 40);
    int memoryHeads = draw.coin() ? heads : 1;
    int length = draw.between(0, 20);
    return new Draw.Run(
        new Mechanism.NearestKeys(
            draw.between(1, 45), draw.normal(1, heads), OptionalDouble.empty()),
        inputs(length, length)
            .with("memory_key", draw.normal(1, batch, memoryHeads, memory, size))
            .with("memory_value", draw.normal(1, batch, memoryHeads, memory, valueSize)));
  }

  private Draw.Run multiHop() {
    int hops = draw.between(1, 4);
    int memories = draw.between(0, 20);
    boolean padded = draw.coin();
    Inputs inputs =
        Inputs.none()
            .with("query", draw.normal(1, batch, size))
            .with("memory_key", draw.normal(1, hops, batch, memories, size))
            .with("memory_value", draw.normal(1, hops, batch, memories, size));
    return new Draw.Run(
        new Mechanism.MultiHop(padded ? Scope.lengths() : Scope.full()),
        padded ? inputs.with("lengths", lengths(memories)) : inputs);
  }

  private LongTensor words(int vocabulary, long... sizes) {
    LongTensor words = LongTensor.allocate(sizes);
    for (long i = 0; i < words.shape().elements(); i++) {
      words.set(i, draw.between(0, vocabulary - 1));
    }
    return words;
  }

  private Draw.Run wordMemory() {
    int hops = draw.between(1, 3);
    int vocabulary = draw.between(3, 12);
    int sentences = draw.between(1, 6);
    boolean layerWise = draw.coin();
    int tables = layerWise ? 2 : hops + 1;
    return new Draw.Run(
        new Mechanism.WordMemory(
            hops,
            draw.normal(0.5, tables, vocabulary, size),
            draw.coin() ? Optional.of(draw.normal(0.5, tables, sentences, size)) : Optional.empty(),
            layerWise ? Optional.of(draw.normal(0.5, size, size)) : Optional.empty(),
            draw.coin()),
        Inputs.none()
            .with("story", words(vocabulary, batch, sentences, 5))
            .with("question", words(vocabulary, batch, 4)));
  }

  private Draw.Run productKeys() {
    long n = draw.between(1, 6);
    int half = draw.between(1, 5);
    return new Draw.Run(
        new Mechanism.ProductKeys(
            draw.between(1, (int) (n * n) + 3),
            draw.normal(1, heads, n, half),
            draw.normal(1, heads, n, half),
            draw.normal(1, n * n, valueSize)),
        Inputs.none().with("query", draw.normal(1, batch, heads, draw.between(0, 9), 2L * half)));
  }

  private Draw.Run chain() {
    int keys = draw.between(1, 12);
    Tensor transitions =
        switch (draw.between(0, 2)) {
          case 0 -> draw.normal(1, 2, 2);
          case 1 -> draw.normal(1, heads, 2, 2);
          default -> draw.normal(1, heads, keys - 1, 2, 2);
        };
    return new Draw.Run(
        Pairwise.of(Score.scaledDot()).normalizedBy(new Normalizer.ChainCrf(transitions)),
        inputs(draw.between(0, 5), keys));
  }
}
