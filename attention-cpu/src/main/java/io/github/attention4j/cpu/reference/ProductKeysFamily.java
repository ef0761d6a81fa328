package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.ProductKeys;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.ProductInputs;
import java.util.Arrays;
import java.util.Set;

/// [ProductKeys]: every product is scored, the best are kept.
final class ProductKeysFamily {
  private ProductKeysFamily() {}

  static Outcome run(ProductKeys mechanism, Set<Capture> captures, Arguments arguments) {
    ProductInputs inputs = ProductInputs.of(mechanism, arguments.inputs());
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray values = DoubleArray.of(mechanism.values());
    int n = inputs.keys();
    int valueSize = values.size(1);
    int topK = mechanism.kept();
    DoubleArray output = DoubleArray.zeros(inputs.batch(), inputs.queries(), valueSize);
    DoubleArray headOutputs =
        DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.queries(), valueSize);
    DoubleArray weights = DoubleArray.zeros(inputs.batch(), inputs.heads(), inputs.queries(), topK);
    LongTensor ids = LongTensor.allocate(inputs.batch(), inputs.heads(), inputs.queries(), topK);
    for (int b = 0; b < inputs.batch(); b++) {
      for (int h = 0; h < inputs.heads(); h++) {
        double[][] first = Vectors.matrix(mechanism.first(), h);
        double[][] second = Vectors.matrix(mechanism.second(), h);
        for (int t = 0; t < inputs.queries(); t++) {
          double[] q = query.row(b, h, t);
          double[] left = Vectors.times(first, Arrays.copyOfRange(q, 0, inputs.half()));
          double[] right = Vectors.times(second, Arrays.copyOfRange(q, inputs.half(), q.length));
          double[] scores = new double[n * n];
          Arrays.setAll(scores, id -> left[id / n] + right[id % n]);
          int[] best = Ranking.largest(scores, topK);
          double[] w = Arrays.stream(best).mapToDouble(id -> scores[id]).toArray();
          Vectors.softmax(w);
          double[] sum = new double[valueSize];
          for (int r = 0; r < topK; r++) {
            Vectors.add(sum, w[r], values.row(best[r]));
            ids.set(
                ids.shape().size(3) * ((long) (b * inputs.heads() + h) * inputs.queries() + t) + r,
                best[r]);
          }
          weights.setRow(w, b, h, t);
          headOutputs.setRow(sum, b, h, t);
          double[] all = output.row(b, t);
          Vectors.add(all, 1, sum);
          output.setRow(all, b, t);
        }
      }
    }
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    if (captures.contains(Capture.WEIGHTS)) {
      outcome.put(Result.WEIGHTS, weights);
      outcome.put("ids", ids);
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("head_outputs", headOutputs);
    }
    return outcome;
  }
}
