package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import java.util.ArrayList;
import java.util.List;

/** Pairwise attention drawn over the whole vocabulary: any score, biases, scope and placement. */
final class RandomPairwise {
  private static final int[] LENGTHS = {0, 1, 2, 5, 9, 17, 33, 50};
  private static final int[] SIZES = {1, 2, 3, 8, 12, 16};

  /** Around the edges of vectors, tiles and panels. */
  private static final int[] LONG = {63, 64, 65, 97, 130, 257};

  private static final int[] WIDE = {17, 31, 40, 64, 80, 96, 130};

  private final Draw draw;
  private final int batch;
  private final int keyHeads;
  private final int heads;
  private final int queries;
  private final int keys;
  private int size;
  private int querySize;
  private Inputs inputs = Inputs.none();

  private RandomPairwise(Draw draw, boolean tree) {
    this.draw = draw;
    batch = draw.among(0, 1, 1, 2, 3);
    keyHeads = draw.between(1, 3);
    heads = keyHeads * draw.between(1, 3);
    queries = tree ? draw.between(1, 7) : draw.among(draw.oneIn(6) ? LONG : LENGTHS);
    keys = tree ? queries + 1 : draw.among(draw.oneIn(6) ? LONG : LENGTHS);
    size = draw.among(sizes());
    querySize = size;
  }

  private int[] sizes() {
    return draw.oneIn(6) ? WIDE : SIZES;
  }

  static Draw.Run next(Draw draw) {
    if (draw.oneIn(3)) {
      return new RandomPairwise(draw, false).usual();
    }
    Normalizer normalizer =
        switch (draw.between(0, 11)) {
          case 0 -> new Normalizer.Sparsemax();
          case 1 -> new Normalizer.Entmax15();
          case 2 -> new Normalizer.NonProjectiveTree(draw.coin());
          case 3 -> new Normalizer.ProjectiveTree(draw.coin());
          default -> Normalizer.softmax();
        };
    boolean tree =
        normalizer instanceof Normalizer.NonProjectiveTree
            || normalizer instanceof Normalizer.ProjectiveTree;
    return new RandomPairwise(draw, tree).with(normalizer, tree);
  }

  /** What runtimes have operators of their own for. */
  private Draw.Run usual() {
    size = draw.among(8, 16, 32, 64, 80);
    Score score = draw.coin() ? Score.scaledDot() : Score.scaledDot(0.3);
    if (draw.oneIn(4)) {
      score = score.softcap(3);
    }
    List<Scope> scopes =
        List.of(
            Scope.full(),
            Scope.causal(),
            Scope.lengths(),
            Scope.causal().and(Scope.lengths()),
            Scope.causal().and(new Scope.Window(3, Scope.UNBOUNDED, 1)),
            Scope.window(3, 0),
            Scope.mask(),
            Scope.causal().and(Scope.mask()));
    Pairwise mechanism = Pairwise.of(score).within(draw.among(scopes)).placed(placement());
    if (draw.oneIn(4)) {
      mechanism = mechanism.plus(new Bias.Dense("bias"));
    }
    LongTensor valid = LongTensor.allocate(batch);
    for (int b = 0; b < batch; b++) {
      valid.set(b, draw.between(0, keys));
    }
    return new Draw.Run(
        mechanism,
        inputs
            .with("lengths", valid)
            .with("mask", draw.coins(0.6, draw.coin() ? heads : 1, draw.coin() ? queries : 1, keys))
            .with("bias", draw.normal(1, draw.coin() ? heads : 1, queries, keys))
            .with("query", draw.normal(1, batch, heads, queries, size))
            .with("key", draw.normal(1, batch, keyHeads, keys, size))
            .with("value", draw.normal(1, batch, keyHeads, keys, size)));
  }

  private Draw.Run with(Normalizer normalizer, boolean tree) {
    Score score = score(draw.between(0, 8));
    LongTensor valid = LongTensor.allocate(batch);
    for (int b = 0; b < batch; b++) {
      valid.set(b, draw.between(0, keys));
    }
    inputs =
        inputs
            .with("lengths", valid)
            .with(
                "offsets", LongTensor.of(new long[] {1, 3, 3, keys / 2 + 3, keys + 3, keys + 5}, 6))
            .with("marked", draw.coins(0.1, batch, keys))
            .with("markedQueries", draw.coins(0.1, batch, queries + 2))
            .with("mask", draw.coins(0.6, draw.coin() ? heads : 1, 1, keys))
            .with("pairs", draw.coins(0.4, batch, 1, queries, keys))
            .with("bias", draw.normal(1, draw.coin() ? heads : 1, queries, keys));
    Scope scope = tree ? draw.coin() ? Scope.full() : Scope.lengths() : scope();
    Pairwise mechanism = Pairwise.of(score).within(scope).placed(placement());
    if (draw.oneIn(3)) {
      mechanism = mechanism.plus(Bias.Alibi.forHeads(heads));
    }
    if (draw.oneIn(3)) {
      mechanism = mechanism.plus(new Bias.Dense("bias"));
    }
    if (draw.oneIn(4)) {
      mechanism =
          mechanism.plus(new Bias.RelativeBuckets(draw.normal(1, 16, heads), draw.coin(), 40));
    }
    inputs =
        inputs
            .with("query", draw.normal(1, batch, heads, queries, querySize))
            .with("key", draw.normal(1, batch, keyHeads, keys, size))
            .with("value", draw.normal(1, batch, keyHeads, keys, draw.among(sizes())));
    return new Draw.Run(mechanism.normalizedBy(normalizer), inputs);
  }

  private Score score(int kind) {
    return switch (kind) {
      case 0 -> Score.dot();
      case 1 -> {
        querySize = draw.among(sizes());
        yield new Score.Additive(
            draw.normal(1, 5, querySize), draw.normal(1, 5, size), draw.normal(1, 5));
      }
      case 2 -> {
        querySize = draw.among(sizes());
        yield new Score.Bilinear(
            draw.coin()
                ? draw.normal(0.3, heads, querySize, size)
                : draw.normal(0.3, querySize, size));
      }
      case 3 -> new Score.Cosine(draw.between(1, 9));
      case 4 -> Score.scaledDot().softcap(2);
      case 5 -> {
        size = draw.coin() ? 8 : 16;
        querySize = size;
        yield Score.scaledDot(0.2).rotary(10000, draw.coin() ? 8 : size, draw.coin());
      }
      case 6 -> {
        inputs = inputs.with("scores", draw.normal(2, batch, heads, queries, keys));
        yield new Score.Given("scores");
      }
      case 7 -> Score.scaledDot(draw.coin() ? 0.7 : 3);
      default -> Score.scaledDot();
    };
  }

  private Scope scope() {
    LongTensor blocks = LongTensor.allocate(draw.coin() ? heads : 1, 8, 2);
    for (long i = 0; i < blocks.shape().elements(); i++) {
      blocks.set(i, draw.between(-1, 7));
    }
    List<Scope> terms =
        List.of(
            Scope.full(),
            Scope.full(),
            Scope.causal(),
            Scope.causal(),
            Scope.window(3, 5),
            new Scope.Window(4, Scope.UNBOUNDED, 3),
            new Scope.GlobalKeys("marked"),
            new Scope.GlobalQueries("markedQueries"),
            new Scope.Strided(draw.between(1, 6)),
            new Scope.Summaries(5, 2),
            new Scope.BlockWindow(4, 1, draw.between(0, 1)),
            new Scope.GlobalBlocks(4, List.of(0L, 3L)),
            new Scope.KeyBlocks(4, blocks),
            Scope.packed(),
            Scope.lengths(),
            Scope.lengths(),
            Scope.mask(),
            new Scope.Mask("pairs"));
    Scope scope = draw.among(terms);
    for (int i = draw.between(0, 2); i > 0; i--) {
      Scope other = draw.among(terms);
      scope =
          switch (draw.between(0, 2)) {
            case 0 -> scope.and(other);
            case 1 -> scope.or(other);
            default -> scope.and(other.not());
          };
    }
    if (draw.oneIn(6)) {
      List<Scope> each = new ArrayList<>();
      for (int h = 0; h < heads; h++) {
        each.add(draw.among(terms));
      }
      scope = new Scope.PerHead(each);
    }
    return scope;
  }

  private Placement placement() {
    return switch (draw.between(0, 3)) {
      case 0 -> Placement.end();
      case 1 -> Placement.at(draw.between(-4, 4));
      case 2 -> new Placement.EndOfLength("lengths");
      default -> Placement.start();
    };
  }
}
