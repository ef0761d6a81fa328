package io.github.attention4j.viz.example;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.util.Map;
import java.util.OptionalDouble;

/** Softmax attention as two loops. */
record ExampleAttention(Request request, OptionalDouble scale) implements Attention {
  @Override
  public String device() {
    return ExampleProvider.DEVICE;
  }

  @Override
  public Result run(Inputs inputs) {
    Shape query = inputs.tensor(Inputs.QUERY).shape();
    long valueSize = inputs.tensor(Inputs.VALUE).shape().size(3);
    Tensor output = Tensor.allocate(query.size(0), query.size(1), query.size(2), valueSize);
    return run(inputs, Result.of(Map.of(Result.OUTPUT, output)));
  }

  @Override
  public Result run(Inputs inputs, Result into) {
    Tensor query = inputs.tensor(Inputs.QUERY);
    Tensor key = inputs.tensor(Inputs.KEY);
    Tensor value = inputs.tensor(Inputs.VALUE);
    Tensor output = into.output();
    long heads = query.shape().size(1);
    long group = heads / key.shape().size(1);
    double factor = scale.orElse(1 / Math.sqrt(query.shape().intSize(3)));
    for (long b = 0; b < query.shape().size(0); b++) {
      for (long h = 0; h < heads; h++) {
        for (long i = 0; i < query.shape().size(2); i++) {
          double[] weights = weights(query, key, factor, new long[] {b, h, i}, h / group);
          for (long e = 0; e < value.shape().size(3); e++) {
            double sum = 0;
            for (int j = 0; j < weights.length; j++) {
              sum += weights[j] * value.get(b, h / group, j, e);
            }
            long row = (b * heads + h) * query.shape().size(2) + i;
            output.set(row * value.shape().size(3) + e, (float) sum);
          }
        }
      }
    }
    return into;
  }

  private static double[] weights(
      Tensor query, Tensor key, double factor, long[] row, long keyHead) {
    double[] weights = new double[key.shape().intSize(2)];
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < weights.length; j++) {
      for (long e = 0; e < query.shape().size(3); e++) {
        weights[j] +=
            factor * query.get(row[0], row[1], row[2], e) * key.get(row[0], keyHead, j, e);
      }
      largest = Math.max(largest, weights[j]);
    }
    double sum = 0;
    for (int j = 0; j < weights.length; j++) {
      weights[j] = Math.exp(weights[j] - largest);
      sum += weights[j];
    }
    for (int j = 0; j < weights.length; j++) {
      weights[j] /= sum;
    }
    return weights;
  }

  @Override
  public void close() {}
}
