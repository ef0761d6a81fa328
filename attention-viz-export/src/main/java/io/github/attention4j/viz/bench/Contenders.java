package io.github.attention4j.viz.bench;

import io.github.attention4j.api.FeatureMap;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.viz.bench.Contender.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/// All mechanisms of the vocabulary with usual parameters, on one sequence.
final class Contenders {
  private static final OptionalDouble USUAL = OptionalDouble.empty();
  private static final int SIZE = Sequence.SIZE;
  private static final Pairwise SCALED = Pairwise.of(Score.scaledDot());

  private final List<Contender> all = new ArrayList<>();

  private Contenders() {}

  /// The contenders in the order of their families; exact softmax attention first.
  static List<Contender> all() {
    Contenders contenders = new Contenders();
    contenders.add("full softmax", Family.SOFTMAX, SCALED);
    contenders.add("causal softmax", Family.SOFTMAX, Target.CAUSAL, SCALED.within(Scope.causal()));
    contenders.patterns();
    contenders.weightings();
    contenders.structures();
    contenders.kernels();
    contenders.lowRank();
    contenders.add("Hyena, order 2", Family.CONVOLUTION, Target.NONE, Contenders::hyena);
    contenders.memories();
    return List.copyOf(contenders.all);
  }

  private void patterns() {
    add("window 256 + 256", Family.PATTERN, SCALED.within(Scope.window(256, 256)));
    add("window 64 + 64, dilation 4", Family.PATTERN, SCALED.within(new Scope.Window(64, 64, 4)));
    add("blocks of 256", Family.PATTERN, SCALED.within(new Scope.BlockWindow(256, 0, 0)));
    add(
        "Longformer 256",
        Family.PATTERN,
        Target.ALL,
        sequence ->
            new Work(
                Request.of(SCALED.within(Scope.longformer(256))),
                inputs(sequence).with(Inputs.GLOBAL, RandomArrays.global(1, sequence.length()))));
    add(
        "BigBird, blocks of 64",
        Family.PATTERN,
        Target.ALL,
        sequence ->
            new Work(
                Request.of(
                    SCALED.within(
                        Scope.bigBird(64, 3, List.of(0L), Grid.randomBlocks(sequence.length())))),
                inputs(sequence)));
    add(
        "Sparse Transformer, strided 128",
        Family.PATTERN,
        Target.CAUSAL,
        SCALED.within(Scope.sparseStrided(128)));
    add(
        "Sparse Transformer, fixed 128",
        Family.PATTERN,
        Target.CAUSAL,
        SCALED.within(Scope.sparseFixed(128, 8)));
  }

  private void weightings() {
    add("sparsemax", Family.WEIGHTING, SCALED.normalizedBy(new Normalizer.Sparsemax()));
    add("1.5-entmax", Family.WEIGHTING, SCALED.normalizedBy(new Normalizer.Entmax15()));
    add("cosine, β 8", Family.WEIGHTING, Pairwise.of(new Score.Cosine(8)));
    add(
        "additive, 64 units",
        Family.WEIGHTING,
        Target.NONE,
        Pairwise.of(
            new Score.Additive(
                RandomArrays.tensor(31, SIZE, SIZE),
                RandomArrays.tensor(32, SIZE, SIZE),
                RandomArrays.tensor(33, SIZE))));
    add(
        "bilinear",
        Family.WEIGHTING,
        Target.NONE,
        Pairwise.of(new Score.Bilinear(RandomArrays.tensor(34, SIZE, SIZE))));
  }

  private void structures() {
    add(
        "chain CRF",
        Family.STRUCTURE,
        Target.NONE,
        SCALED.normalizedBy(new Normalizer.ChainCrf(Tensor.allocate(2, 2))));
    tree("trees, crossing arcs", new Normalizer.NonProjectiveTree(true));
    tree("trees, no crossing arcs", new Normalizer.ProjectiveTree(true));
  }

  private void tree(String name, Normalizer normalizer) {
    add(
        name,
        Family.STRUCTURE,
        Target.NONE,
        sequence ->
            new Work(
                Request.of(SCALED.normalizedBy(normalizer)),
                Inputs.of(
                    sequence.query(),
                    Sequence.rooted(sequence.key()),
                    Sequence.rooted(sequence.value()))));
  }

  private void kernels() {
    FeatureMap elu = new FeatureMap.EluPlusOne();
    add("Linear Transformer", Family.KERNEL, new Mechanism.Linearized(elu, Scope.full()));
    add("Performer 256", Family.KERNEL, new Mechanism.Linearized(Grid.performer(), Scope.full()));
    add(
        "Performer 256, causal",
        Family.KERNEL,
        Target.CAUSAL,
        new Mechanism.Linearized(Grid.performer(), Scope.causal()));
    add(
        "linear attention (recurrent)",
        Family.KERNEL,
        Target.NONE,
        new Mechanism.Recurrent(false, false, USUAL));
    add(
        "gated delta rule (recurrent)",
        Family.KERNEL,
        Target.NONE,
        sequence ->
            new Work(
                Request.of(new Mechanism.Recurrent(true, true, USUAL)),
                inputs(sequence)
                    .with(Cell.DECAY, filled(-0.1f, 1, Sequence.HEADS, sequence.length()))
                    .with(Cell.BETA, filled(1f / SIZE, 1, Sequence.HEADS, sequence.length()))));
  }

  private void lowRank() {
    add(
        "Linformer 256, averages",
        Family.LOW_RANK,
        Target.ALL,
        sequence -> {
          Tensor averages = averages(Math.min(256, sequence.length()), sequence.length());
          return new Work(
              Request.of(new Mechanism.LowRank(averages, averages, USUAL, Scope.full())),
              inputs(sequence));
        });
    add("Nyströmformer 64", Family.LOW_RANK, new Mechanism.Landmark(64, 6, USUAL));
  }

  private void memories() {
    add(
        "nearest 32 keys + causal",
        Family.MEMORY,
        Target.CAUSAL,
        sequence ->
            new Work(
                Request.of(new Mechanism.NearestKeys(32, Tensor.allocate(Sequence.HEADS), USUAL)),
                inputs(sequence)
                    .with("memory_key", sequence.key())
                    .with("memory_value", sequence.value())));
    add("product keys 256², best 32", Family.MEMORY, Target.NONE, Contenders::productKeys);
    add("NTM read", Family.MEMORY, Target.NONE, Contenders::turing);
    add("memory network, 3 hops", Family.MEMORY, Target.NONE, Contenders::hops);
    add("memory network of words, 3 hops", Family.MEMORY, Target.NONE, Contenders::words);
  }

  private static Inputs inputs(Sequence sequence) {
    return Inputs.of(sequence.query(), sequence.key(), sequence.value());
  }

  /** Row $p$ averages the $p$-th stretch of the sequence. */
  private static Tensor averages(long projected, long length) {
    Tensor matrix = Tensor.allocate(projected, length);
    for (long p = 0; p < projected; p++) {
      long from = p * length / projected;
      long to = (p + 1) * length / projected;
      for (long j = from; j < to; j++) {
        matrix.set(p * length + j, 1f / (to - from));
      }
    }
    return matrix;
  }

  /** Two filters as long as the sequence that fade out along it. */
  private static Work hyena(Sequence sequence) {
    int order = 2;
    long length = sequence.length();
    long channels = (long) Sequence.HEADS * SIZE;
    Tensor filters = RandomArrays.tensor(35, order, channels, length);
    for (long i = 0; i < filters.shape().elements(); i++) {
      filters.set(i, filters.at(i) * (float) (Math.exp(-8.0 * (i % length) / length) / 16));
    }
    Tensor gates = Tensor.allocate(order, 1, length, channels);
    Tensor first = Sequence.channels(sequence.key());
    Tensor second = Sequence.channels(sequence.query());
    for (long i = 0; i < first.shape().elements(); i++) {
      gates.set(i, first.at(i));
      gates.set(first.shape().elements() + i, second.at(i));
    }
    return new Work(
        Request.of(new Mechanism.LongConvolution(filters)),
        Inputs.of(Map.of("gates", gates, Inputs.VALUE, Sequence.channels(sequence.value()))));
  }

  private static Work productKeys(Sequence sequence) {
    int n = 256;
    return new Work(
        Request.of(
            new Mechanism.ProductKeys(
                32,
                RandomArrays.tensor(36, Sequence.HEADS, n, SIZE / 2),
                RandomArrays.tensor(37, Sequence.HEADS, n, SIZE / 2),
                RandomArrays.tensor(38, (long) n * n, SIZE))),
        Inputs.none().with(Inputs.QUERY, sequence.query()));
  }

  /** One read of a memory with as many slots as the sequence has positions. */
  private static Work turing(Sequence sequence) {
    long slots = sequence.length();
    int heads = Sequence.HEADS;
    return new Work(
        Request.of(new Mechanism.NtmAddressing()),
        Inputs.none()
            .with("memory", Sequence.firstHead(sequence.value(), 1, slots, SIZE))
            .with(Inputs.QUERY, RandomArrays.tensor(39, 1, heads, SIZE))
            .with("beta", filled(5, 1, heads))
            .with("gate", filled(0.5f, 1, heads))
            .with("gamma", filled(2, 1, heads))
            .with("previous", filled(1f / slots, 1, heads, slots))
            .with("shift", filled(1f / 3, 1, heads, 3)));
  }

  private static Work hops(Sequence sequence) {
    long length = sequence.length();
    return new Work(
        Request.of(new Mechanism.MultiHop(Scope.full())),
        Inputs.none()
            .with(Inputs.QUERY, RandomArrays.tensor(40, 1, SIZE))
            .with("memory_key", Sequence.firstHead(sequence.key(), 3, 1, length, SIZE))
            .with("memory_value", Sequence.firstHead(sequence.value(), 3, 1, length, SIZE)));
  }

  /** As many sentences of 8 words as the sequence has positions. */
  private static Work words(Sequence sequence) {
    int vocabulary = 1000;
    int words = 8;
    LongTensor story = LongTensor.allocate(1, sequence.length(), words);
    for (long i = 0; i < story.shape().elements(); i++) {
      story.set(i, 1 + i * 7919 % (vocabulary - 1));
    }
    LongTensor question = LongTensor.of(new long[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, words);
    Tensor embeddings = RandomArrays.tensor(41, 4, vocabulary, SIZE);
    return new Work(
        Request.of(
            new Mechanism.WordMemory(3, embeddings, Optional.empty(), Optional.empty(), true)),
        Inputs.none().with("story", story).with("question", question));
  }

  private static Tensor filled(float value, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, value);
    }
    return array;
  }

  private void add(String name, Family family, Mechanism mechanism) {
    add(name, family, Target.ALL, mechanism);
  }

  private void add(String name, Family family, Target target, Mechanism mechanism) {
    add(name, family, target, sequence -> new Work(Request.of(mechanism), inputs(sequence)));
  }

  private void add(String name, Family family, Target target, Function<Sequence, Work> work) {
    all.add(new Contender(name, family, target, work));
  }
}
