package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Score;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.structure.Chain;
import io.github.attention4j.cpu.structure.NonProjectiveTrees;
import io.github.attention4j.cpu.structure.ProjectiveTrees;
import io.github.attention4j.cpu.structure.TreeMarginals;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// [Pairwise]: score, biases, scope, normalizer, sum of values; in this order, one query after the
/// other.
final class PairwiseFamily {
  private final Pairwise mechanism;
  private final Set<Capture> captures;
  private final Arguments arguments;
  private final PairwiseInputs inputs;
  private final List<BiasTerm> biases;
  private final Outcome outcome = new Outcome();
  private final RowCaptures rows;
  private final DoubleArray output;
  private final @Nullable DoubleArray pairs;

  private PairwiseFamily(Pairwise mechanism, Set<Capture> captures, Arguments arguments) {
    this.mechanism = mechanism;
    this.captures = captures;
    this.arguments = arguments;
    inputs = new PairwiseInputs(mechanism, arguments.inputs());
    biases = mechanism.biases().stream().map(bias -> BiasTerm.of(bias, inputs)).toList();
    output =
        DoubleArray.zeros(
            inputs.batch(), inputs.queryHeads(), inputs.queries(), inputs.valueSize());
    outcome.put(Result.OUTPUT, output);
    rows =
        new RowCaptures(
            captures,
            inputs.batch(),
            inputs.queryHeads(),
            inputs.queries(),
            inputs.keys(),
            outcome);
    pairs =
        captures.contains(Capture.STAGES) && mechanism.normalizer() instanceof Normalizer.ChainCrf
            ? DoubleArray.zeros(
                inputs.batch(),
                inputs.queryHeads(),
                inputs.queries(),
                Math.max(inputs.keys() - 1, 0),
                2,
                2)
            : null;
    if (pairs != null) {
      outcome.put("pairwise", pairs);
    }
  }

  static Outcome run(Pairwise mechanism, Set<Capture> captures, Arguments arguments) {
    PairwiseFamily family = new PairwiseFamily(mechanism, captures, arguments);
    family.run();
    return family.outcome;
  }

  private void run() {
    boolean given = inputs.scoresAreGiven();
    DoubleArray query = given ? DoubleArray.zeros(0) : arguments.doubles(Inputs.QUERY);
    DoubleArray key = given ? DoubleArray.zeros(0) : arguments.doubles(Inputs.KEY);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    for (int b = 0; b < inputs.batch(); b++) {
      for (int h = 0; h < inputs.queryHeads(); h++) {
        double[][] q = given ? new double[0][] : query.rows(b, h);
        double[][] k = given ? new double[0][] : key.rows(b, inputs.keyHead(h));
        double[][] v = value.rows(b, inputs.keyHead(h));
        head(b, h, Scorer.of(mechanism.score(), inputs, arguments, b, h, q, k), v);
      }
    }
    if (captures.contains(Capture.STAGES)) {
      rotated(mechanism.score(), query, key);
    }
  }

  private void head(int b, int h, Scorer scorer, double[][] v) {
    switch (mechanism.normalizer()) {
      case Normalizer.Softmax() -> {
        for (int i = 0; i < inputs.queries(); i++) {
          double[] scores = scores(b, h, i, scorer);
          double[] weights = scores.clone();
          double logSumExp = Vectors.softmax(weights);
          finish(b, h, i, scores, weights, logSumExp, v);
        }
      }
      case Normalizer.Sparsemax() -> {
        for (int i = 0; i < inputs.queries(); i++) {
          double[] scores = scores(b, h, i, scorer);
          double[] weights = scores.clone();
          SparseRows.sparsemax(weights);
          finish(b, h, i, scores, weights, Double.NaN, v);
        }
      }
      case Normalizer.Entmax15() -> {
        for (int i = 0; i < inputs.queries(); i++) {
          double[] scores = scores(b, h, i, scorer);
          double[] weights = scores.clone();
          SparseRows.entmax15(weights);
          finish(b, h, i, scores, weights, Double.NaN, v);
        }
      }
      case Normalizer.ChainCrf crf -> {
        Chain chain = new Chain(crf);
        for (int i = 0; i < inputs.queries(); i++) {
          double[] scores = scores(b, h, i, scorer);
          double[] weights = new double[scores.length];
          double logPartition = chain.weigh(h, scores, weights);
          finish(b, h, i, scores, weights, logPartition, v);
          if (pairs != null && scores.length > 1) {
            double[] marginals = new double[4 * (scores.length - 1)];
            chain.pairs(h, marginals);
            pairs.setRow(marginals, b, h, i);
          }
        }
      }
      case Normalizer.NonProjectiveTree(boolean singleRoot) ->
          tree(b, h, scorer, v, new NonProjectiveTrees(singleRoot));
      case Normalizer.ProjectiveTree(boolean singleRoot) ->
          tree(b, h, scorer, v, new ProjectiveTrees(singleRoot));
    }
  }

  private void tree(int b, int h, Scorer scorer, double[][] v, TreeMarginals trees) {
    double[][] scores = new double[inputs.queries()][];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = scores(b, h, i, scorer);
      // Key i + 1 is the word itself.
      scores[i][i + 1] = Double.NEGATIVE_INFINITY;
    }
    double[][] weights = new double[scores.length][inputs.keys()];
    double logPartition = trees.weigh(scores, weights);
    for (int i = 0; i < scores.length; i++) {
      finish(b, h, i, scores[i], weights[i], logPartition, v);
    }
  }

  /// The scores of one query with its biases, −∞ where a key is out of scope. What is out of scope
  /// is not read.
  private double[] scores(int b, int h, int i, Scorer scorer) {
    double[] scores = new double[inputs.keys()];
    for (int j = 0; j < scores.length; j++) {
      scores[j] = Double.NEGATIVE_INFINITY;
      if (inputs.scope().allows(b, h, i, j)) {
        double score = 0;
        boolean forbidden = false;
        for (BiasTerm term : biases) {
          double bias = term.bias(b, h, i, j);
          forbidden |= bias == Double.NEGATIVE_INFINITY;
          score += bias;
        }
        if (!forbidden) {
          scores[j] = scorer.score(i, j) + score;
        }
      }
    }
    return scores;
  }

  private void finish(
      int b, int h, int i, double[] scores, double[] weights, double logPartition, double[][] v) {
    rows.accept(b, h, i, scores, weights, logPartition);
    output.setRow(Vectors.transposedTimes(v, weights, inputs.valueSize()), b, h, i);
  }

  private void rotated(Score score, DoubleArray query, DoubleArray key) {
    switch (score) {
      case Score.Softcap(Score inner, double _) -> rotated(inner, query, key);
      case Score.Rotary rotary -> {
        Rotation rotation = new Rotation(rotary, inputs);
        DoubleArray q = DoubleArray.zeros(query.shape().toArray());
        DoubleArray k = DoubleArray.zeros(key.shape().toArray());
        for (int b = 0; b < inputs.batch(); b++) {
          for (int h = 0; h < inputs.queryHeads(); h++) {
            double[][] all = rotation.queries(b, query.rows(b, h));
            for (int i = 0; i < all.length; i++) {
              q.setRow(all[i], b, h, i);
            }
          }
          for (int h = 0; h < inputs.keyHeads(); h++) {
            double[][] all = rotation.keys(b, key.rows(b, h));
            for (int j = 0; j < all.length; j++) {
              k.setRow(all[j], b, h, j);
            }
          }
        }
        outcome.put("q_rot", q);
        outcome.put("k_rot", k);
      }
      case Score.Dot _,
          Score.ScaledDot _,
          Score.Additive _,
          Score.Bilinear _,
          Score.Cosine _,
          Score.Given _ -> {}
    }
  }
}
