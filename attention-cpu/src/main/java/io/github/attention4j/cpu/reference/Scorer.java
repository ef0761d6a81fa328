package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Score;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import java.util.OptionalDouble;

/// The formulas of [Score], for one batch entry and head.
@FunctionalInterface
interface Scorer {
  /// $s_{ij}$.
  double score(int i, int j);

  /// The scores between these queries and keys.
  static Scorer of(
      Score score,
      PairwiseInputs inputs,
      Arguments arguments,
      int b,
      int h,
      double[][] q,
      double[][] k) {
    return switch (score) {
      case Score.Dot() -> (i, j) -> Vectors.dot(q[i], k[j]);
      case Score.ScaledDot(OptionalDouble given) -> {
        double scale = inputs.scale(given);
        yield (i, j) -> scale * Vectors.dot(q[i], k[j]);
      }
      case Score.Additive(Tensor query, Tensor key, Tensor direction) -> {
        double[][] wq = all(Vectors.matrix(query, h), q);
        double[][] uk = all(Vectors.matrix(key, h), k);
        int size = direction.shape().intSize(-1);
        long from = direction.shape().rank() == 2 ? (long) h * size : 0;
        yield (i, j) -> {
          double sum = 0;
          for (int e = 0; e < size; e++) {
            sum += direction.at(from + e) * Math.tanh(wq[i][e] + uk[j][e]);
          }
          return sum;
        };
      }
      case Score.Bilinear(Tensor weight) -> {
        double[][] wk = all(Vectors.matrix(weight, h), k);
        yield (i, j) -> Vectors.dot(q[i], wk[j]);
      }
      case Score.Cosine(double beta) -> (i, j) -> beta * Vectors.cosine(q[i], k[j]);
      case Score.Given(String input) -> {
        DoubleArray given = arguments.doubles(input);
        yield (i, j) -> given.get(b, h, i, j);
      }
      case Score.Softcap(Score inner, double cap) -> {
        Scorer uncapped = of(inner, inputs, arguments, b, h, q, k);
        yield (i, j) -> cap * Math.tanh(uncapped.score(i, j) / cap);
      }
      case Score.Rotary rotary -> {
        Rotation rotation = new Rotation(rotary, inputs);
        yield of(
            rotary.score(), inputs, arguments, b, h, rotation.queries(b, q), rotation.keys(b, k));
      }
    };
  }

  private static double[][] all(double[][] matrix, double[][] vectors) {
    double[][] products = new double[vectors.length][];
    for (int i = 0; i < vectors.length; i++) {
      products[i] = Vectors.times(matrix, vectors[i]);
    }
    return products;
  }
}
