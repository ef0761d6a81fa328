package io.github.attention4j.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Bias;
import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The driver against the formula, on random grids of shapes, scores, biases, scopes, placements
/// and captures.
final class PairwiseTests {
  private static final Engine ENGINE = new Engine(Settings.defaults().threads(2));

  private final Random random = new Random(7);

  private Tensor normal(long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, (float) random.nextGaussian());
    }
    return array;
  }

  private BooleanTensor coins(double share, long... sizes) {
    BooleanTensor array = BooleanTensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, random.nextDouble() < share);
    }
    return array;
  }

  private record Case(Pairwise mechanism, Inputs inputs, String name) {}

  private Case draw(int number) {
    int batch = 1 + random.nextInt(3);
    int keyHeads = 1 + random.nextInt(3);
    int heads = keyHeads * (1 + random.nextInt(3));
    int[] lengths = {0, 1, 2, 3, 7, 16, 31, 49, 65, 97, 130, 200, 300};
    int queries = lengths[random.nextInt(lengths.length)];
    int keys = lengths[random.nextInt(lengths.length)];
    int[] sizes = {1, 3, 8, 16, 20, 40, 64};
    int size = sizes[random.nextInt(sizes.length)];
    int valueSize = sizes[random.nextInt(sizes.length)];
    int querySize = size;
    Inputs extra = Inputs.none();
    Score score;
    switch (number % 8) {
      case 0 -> score = Score.dot();
      case 1 -> {
        querySize = 6;
        score = new Score.Additive(normal(11, querySize), normal(11, size), normal(11));
      }
      case 2 -> {
        querySize = 4;
        score = new Score.Bilinear(normal(heads, querySize, size));
      }
      case 3 -> score = new Score.Cosine(3);
      case 4 -> score = Score.scaledDot().softcap(2);
      case 5 -> {
        size = 16;
        querySize = 16;
        score =
            Score.scaledDot(0.2).rotary(10000, random.nextBoolean() ? 8 : 16, random.nextBoolean());
      }
      case 6 ->
          score =
              new Score.Additive(
                  normal(heads, 3, querySize), normal(heads, 3, size), normal(heads, 3));
      default -> {
        score = new Score.Given("scores");
        extra = extra.with("scores", normal(batch, heads, queries, keys));
      }
    }
    Placement placement =
        switch (random.nextInt(4)) {
          case 0 -> Placement.end();
          case 1 -> Placement.at(random.nextInt(9) - 4);
          case 2 -> new Placement.EndOfLength("lengths");
          default -> Placement.start();
        };
    LongTensor valid = LongTensor.allocate(batch);
    for (int b = 0; b < batch; b++) {
      valid.set(b, random.nextInt(keys + 1));
    }
    extra =
        extra
            .with("lengths", valid)
            .with(
                "offsets", LongTensor.of(new long[] {1, 4, 4, keys / 2 + 4, keys + 4, keys + 9}, 6))
            .with("marked", coins(0.1, batch, keys))
            .with("markedQueries", coins(0.1, batch, queries + 2))
            .with("mask", coins(0.5, heads, 1, keys))
            .with("pairs", coins(0.3, batch, 1, queries, keys))
            .with("bias", normal(heads, queries, keys));
    LongTensor blocks = LongTensor.allocate(heads, 12, 2);
    for (long i = 0; i < blocks.shape().elements(); i++) {
      blocks.set(i, random.nextInt(14) - 1);
    }
    List<Scope> terms =
        List.of(
            Scope.full(),
            Scope.causal(),
            Scope.window(3, 5),
            new Scope.Window(4, Scope.UNBOUNDED, 3),
            new Scope.GlobalKeys("marked"),
            new Scope.GlobalQueries("markedQueries"),
            new Scope.Strided(random.nextBoolean() ? 5 : 70),
            new Scope.Summaries(9, 2),
            new Scope.BlockWindow(8, 1, 0),
            new Scope.GlobalBlocks(8, List.of(0L, 3L)),
            new Scope.KeyBlocks(8, blocks),
            Scope.packed(),
            Scope.lengths(),
            Scope.mask(),
            new Scope.Mask("pairs"));
    Scope scope = terms.get(random.nextInt(terms.size()));
    for (int i = random.nextInt(3); i > 0; i--) {
      Scope other = terms.get(random.nextInt(terms.size()));
      scope =
          switch (random.nextInt(3)) {
            case 0 -> scope.and(other);
            case 1 -> scope.or(other);
            default -> scope.and(other.not());
          };
    }
    if (random.nextInt(6) == 0) {
      List<Scope> each = new ArrayList<>();
      for (int h = 0; h < heads; h++) {
        each.add(h % 2 == 0 ? scope : terms.get(random.nextInt(terms.size())));
      }
      scope = new Scope.PerHead(each);
    }
    Pairwise mechanism = Pairwise.of(score).within(scope).placed(placement);
    if (random.nextInt(3) == 0) {
      mechanism = mechanism.plus(Bias.Alibi.forHeads(heads));
    }
    if (random.nextInt(3) == 0) {
      mechanism = mechanism.plus(new Bias.Dense("bias"));
    }
    if (random.nextInt(3) == 0) {
      mechanism =
          mechanism.plus(new Bias.RelativeBuckets(normal(16, heads), random.nextBoolean(), 40));
    }
    Inputs inputs =
        extra
            .with("query", normal(batch, heads, queries, querySize))
            .with("key", normal(batch, keyHeads, keys, size))
            .with("value", normal(batch, keyHeads, keys, valueSize));
    return new Case(mechanism, inputs, number + ": " + mechanism + " " + inputs);
  }

  @Test
  void agreesWithTheFormulaOnRandomGrids() {
    for (int number = 0; number < 100; number++) {
      Case drawn = draw(number);
      PairwiseFormula expected = new PairwiseFormula(drawn.mechanism(), drawn.inputs());
      Request request =
          Request.of(drawn.mechanism())
              .capture(
                  Capture.WEIGHTS,
                  Capture.LOG_SUM_EXP,
                  new Capture.TopK(3),
                  new Capture.Pooled(5, 7));
      try (Attention attention = ENGINE.prepare(request)) {
        compare(drawn.name(), expected, attention.run(drawn.inputs()));
      }
    }
  }

  private static void compare(String name, PairwiseFormula expected, Result result) {
    Tensor output = result.output();
    Tensor weights = result.weights();
    Tensor lse = result.tensor(Result.LOG_SUM_EXP);
    Tensor topWeights = result.tensor(Result.TOP_K_WEIGHTS);
    LongTensor topKeys = (LongTensor) result.get(Result.TOP_K_KEYS);
    int rank = topWeights.shape().intSize(3);
    Tensor pooled = result.tensor(Result.POOLED);
    for (int b = 0; b < expected.output.length; b++) {
      for (int h = 0; h < expected.output[b].length; h++) {
        int queries = expected.output[b][h].length;
        for (int i = 0; i < queries; i++) {
          double[] row = expected.output[b][h][i];
          for (int c = 0; c < row.length; c++) {
            assertEquals(row[c], output.get(b, h, i, c), 2e-5 * (1 + Math.abs(row[c])), name);
          }
          double[] w = expected.weights[b][h][i];
          for (int j = 0; j < w.length; j++) {
            assertEquals(w[j], weights.get(b, h, i, j), 2e-5, name);
          }
          double sum = expected.logSumExp[b][h][i];
          assertEquals(sum, lse.get(b, h, i), 2e-5 * (1 + Math.abs(sum)), name);
          double[] sorted = w.clone();
          java.util.Arrays.sort(sorted);
          for (int r = 0; r < rank; r++) {
            long key = topKeys.get(b, h, i, r);
            double best = sorted[sorted.length - 1 - r];
            assertEquals(best, topWeights.get(b, h, i, r), 2e-5, name);
            assertEquals(key < 0 ? 0 : w[(int) key], best, 2e-5, name);
            assertTrue(key >= 0 || best == 0, name);
          }
        }
        for (int r = 0; r < 5; r++) {
          for (int c = 0; c < 7; c++) {
            assertEquals(cell(expected.weights[b][h], r, c), pooled.get(b, h, r, c), 2e-5, name);
          }
        }
      }
    }
  }

  private static double cell(double[][] w, int r, int c) {
    int from = r * w.length / 5;
    int to = (r + 1) * w.length / 5;
    double sum = 0;
    for (int i = from; i < to; i++) {
      int keys = w[i].length;
      for (int j = c * keys / 7; j < (c + 1) * keys / 7; j++) {
        sum += w[i][j];
      }
    }
    return from == to ? 0 : sum / (to - from);
  }
}
