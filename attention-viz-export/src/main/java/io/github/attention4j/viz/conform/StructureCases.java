package io.github.attention4j.viz.conform;

import io.github.attention4j.api.BooleanTensor;
import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Structured and sparse normalizers of given scores: sparsemax, entmax, linear chains, dependency
 * trees.
 */
final class StructureCases {
  private static final String SCORES = "scores";

  private StructureCases() {}

  /** Scores {@code [rows, n]} alone: every row is a batch entry with one query. */
  static CaseFamily map(Normalizer normalizer) {
    return (golden, on) -> {
      Tensor scores = golden.tensor(SCORES);
      long rows = scores.shape().size(0);
      long length = scores.shape().size(1);
      Inputs inputs =
          Inputs.none()
              .with(SCORES, scores.reshape(rows, 1, 1, length))
              .with(Inputs.VALUE, Tensor.allocate(rows, 1, length, 1));
      Scope scope = Scope.full();
      if (golden.has(Inputs.MASK)) {
        scope = Scope.mask();
        inputs = inputs.with(Inputs.MASK, golden.booleans(Inputs.MASK).reshape(rows, 1, 1, length));
      } else if (golden.has(Inputs.LENGTHS)) {
        scope = Scope.lengths();
        inputs = inputs.with(Inputs.LENGTHS, golden.longs(Inputs.LENGTHS));
      }
      Pairwise mechanism =
          Pairwise.of(new Score.Given(SCORES)).normalizedBy(normalizer).within(scope);
      Tensor weights = on.require(mechanism, inputs, Capture.WEIGHTS).weights();
      return Map.of(Result.WEIGHTS, weights.reshape(rows, length));
    };
  }

  /**
   * Unaries of both labels {@code [batch, n, 2]}: only their difference matters to the marginals,
   * and the log-partition is less by the sum of the first. A chain without positions has one
   * labelling, the empty one: its log-partition is 0.
   */
  static Map<String, NdArray> chain(CaseInputs golden, Execution on) {
    Tensor unary = golden.tensor("unary");
    Tensor value = golden.tensor("v");
    long batch = unary.shape().size(0);
    long length = unary.shape().size(1);
    if (unary.shape().rank() != 3 || unary.shape().size(2) != 2) {
      throw new NotUnderstoodException(
          "tensor unary: expected [batch, n, 2], got " + unary.describe());
    }
    Tensor scores = Tensor.allocate(batch, 1, 1, length);
    for (long i = 0; i < batch * length; i++) {
      scores.set(i, (float) ((double) unary.at(2 * i + 1) - unary.at(2 * i)));
    }
    Inputs inputs =
        Inputs.none()
            .with(SCORES, scores)
            .with(Inputs.VALUE, value.reshape(batch, 1, length, value.shape().size(2)));
    golden.param("transition");
    Tensor transitions = golden.tensor("transition");
    if (transitions.shape().rank() == 3) {
      transitions = transitions.reshape(1, transitions.shape().size(0), 2, 2);
    }
    Scope scope = Scope.full();
    long[] lengths = new long[Math.toIntExact(batch)];
    java.util.Arrays.fill(lengths, length);
    if (golden.has(Inputs.LENGTHS)) {
      scope = Scope.lengths();
      inputs = inputs.with(Inputs.LENGTHS, golden.longs(Inputs.LENGTHS));
      lengths = golden.longs(Inputs.LENGTHS).toArray();
    }
    Pairwise mechanism =
        Pairwise.of(new Score.Given(SCORES))
            .normalizedBy(new Normalizer.ChainCrf(transitions))
            .within(scope);
    Result result = on.run(mechanism, inputs, Capture.WEIGHTS, Capture.LOG_SUM_EXP);
    Map<String, NdArray> computed = new LinkedHashMap<>();
    computed.put(Result.OUTPUT, result.output().reshape(batch, value.shape().size(2)));
    if (result.arrays().containsKey(Result.WEIGHTS)) {
      computed.put(Result.WEIGHTS, result.weights().reshape(batch, length));
    }
    if (result.arrays().containsKey(Result.LOG_SUM_EXP)) {
      Tensor partition = Tensor.allocate(batch);
      for (int b = 0; b < batch; b++) {
        double firsts = 0;
        for (long i = 0; i < lengths[b]; i++) {
          firsts += unary.at(2 * (b * length + i));
        }
        partition.set(
            b, lengths[b] == 0 ? 0 : (float) (result.tensor(Result.LOG_SUM_EXP).at(b) + firsts));
      }
      computed.put("log_partition", partition);
    }
    return computed;
  }

  static Map<String, NdArray> chainAttention(CaseInputs golden, Execution on) {
    Score score =
        golden.has("W") ? new Score.Bilinear(golden.tensor("W")) : PairwiseTerms.scaledDot(golden);
    return PairwiseCases.run(
        golden, on, score, new Normalizer.ChainCrf(golden.tensor("transition")));
  }

  /**
   * Scores {@code [batch, head, modifier]} over the root symbol and n words. As attention,
   * modifiers 1..n are the queries and heads 0..n the keys; the root symbol has the value 0.
   */
  static CaseFamily tree(boolean projective) {
    return (golden, on) -> {
      if (golden.param("projective") != null && golden.flag("projective") != projective) {
        throw new NotUnderstoodException(
            "parameter projective: expected " + projective + " as the name of the mechanism says");
      }
      boolean singleRoot = golden.flag("single_root");
      Tensor scores = golden.tensor(SCORES);
      Tensor value = golden.tensor("v");
      long batch = scores.shape().size(0);
      long heads = scores.shape().size(1);
      long words = heads - 1;
      long size = value.shape().size(2);
      Tensor byModifier = Rearrange.cut(Rearrange.transpose(scores), 1, 1, heads);
      Tensor root = Tensor.allocate(batch, 1, size);
      Inputs inputs =
          Inputs.none()
              .with(SCORES, byModifier.reshape(batch, 1, words, heads))
              .with(
                  Inputs.VALUE,
                  Rearrange.join(1, java.util.List.of(root, value)).reshape(batch, 1, heads, size));
      Scope scope = Scope.full();
      if (golden.has(Inputs.LENGTHS)) {
        scope = Scope.mask();
        inputs = inputs.with(Inputs.MASK, existing(golden.longs(Inputs.LENGTHS).toArray(), words));
      }
      Pairwise mechanism =
          Pairwise.of(new Score.Given(SCORES))
              .within(scope)
              .normalizedBy(
                  projective
                      ? new Normalizer.ProjectiveTree(singleRoot)
                      : new Normalizer.NonProjectiveTree(singleRoot));
      Result result = on.run(mechanism, inputs, Capture.WEIGHTS, Capture.LOG_SUM_EXP);
      Map<String, NdArray> computed = new LinkedHashMap<>();
      computed.put(Result.OUTPUT, result.output().reshape(batch, words, size));
      if (result.arrays().containsKey(Result.WEIGHTS)) {
        Tensor weights = result.weights().reshape(batch, words, heads);
        Tensor rootColumn = Tensor.allocate(batch, 1, heads);
        computed.put(
            Result.WEIGHTS,
            Rearrange.transpose(Rearrange.join(1, java.util.List.of(rootColumn, weights))));
      }
      if (result.arrays().containsKey(Result.LOG_SUM_EXP)) {
        computed.put("log_partition", partition(golden, result, batch, words));
      }
      return computed;
    };
  }

  /** That of the first word, which all words share; 0 for the one tree without words. */
  private static Tensor partition(CaseInputs golden, Result result, long batch, long words) {
    Tensor ofWords = result.tensor(Result.LOG_SUM_EXP);
    Tensor partition = Tensor.allocate(batch);
    for (long b = 0; b < batch; b++) {
      boolean empty =
          words == 0 || (golden.has(Inputs.LENGTHS) && golden.longs(Inputs.LENGTHS).at(b) == 0);
      partition.set(b, empty ? 0 : ofWords.at(b * words));
    }
    return partition;
  }

  /** Where both the modifier and the head exist: {@code [batch, 1, words, words + 1]}. */
  private static BooleanTensor existing(long[] lengths, long words) {
    BooleanTensor mask = BooleanTensor.allocate(lengths.length, 1, words, words + 1);
    for (long i = 0; i < mask.shape().elements(); i++) {
      long head = i % (words + 1);
      long modifier = i / (words + 1) % words + 1;
      long length = lengths[Math.toIntExact(i / ((words + 1) * words))];
      mask.set(i, head <= length && modifier <= length);
    }
    return mask;
  }
}
