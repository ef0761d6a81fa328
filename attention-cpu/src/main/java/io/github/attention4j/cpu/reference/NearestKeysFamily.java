package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Mechanism.NearestKeys;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.NearestInputs;
import java.util.Arrays;
import java.util.Set;

/// [NearestKeys]: all of the memory is scored, the best are kept.
final class NearestKeysFamily {
  private NearestKeysFamily() {}

  static Outcome run(NearestKeys mechanism, Set<Capture> captures, Arguments arguments) {
    NearestInputs inputs = NearestInputs.of(mechanism, arguments.inputs());
    HeadInputs heads = inputs.heads();
    DoubleArray query = arguments.doubles(Inputs.QUERY);
    DoubleArray key = arguments.doubles(Inputs.KEY);
    DoubleArray value = arguments.doubles(Inputs.VALUE);
    DoubleArray memoryKey = arguments.doubles(NearestInputs.MEMORY_KEY);
    DoubleArray memoryValue = arguments.doubles(NearestInputs.MEMORY_VALUE);
    int batch = heads.batch();
    int queryHeads = heads.queryHeads();
    int queries = heads.queries();
    DoubleArray output = DoubleArray.zeros(batch, queryHeads, queries, heads.valueSize());
    DoubleArray fromMemory = DoubleArray.zeros(batch, queryHeads, queries, heads.valueSize());
    DoubleArray fromLocal = DoubleArray.zeros(batch, queryHeads, queries, heads.valueSize());
    DoubleArray memoryWeights = DoubleArray.zeros(batch, queryHeads, queries, inputs.memory());
    DoubleArray localWeights = DoubleArray.zeros(batch, queryHeads, queries, heads.keys());
    LongTensor ids = LongTensor.allocate(batch, queryHeads, queries, inputs.count());
    double scale = heads.scale(mechanism.scale());
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < queryHeads; h++) {
        double[][] k = key.rows(b, heads.keyHead(h));
        double[][] v = value.rows(b, heads.keyHead(h));
        double[][] mk = memoryKey.rows(b, inputs.memoryHead(h));
        double[][] mv = memoryValue.rows(b, inputs.memoryHead(h));
        double gate = Vectors.sigmoid(mechanism.gate().at(h));
        for (int i = 0; i < queries; i++) {
          double[] q = query.row(b, h, i);
          double[] local = weights(q, k, scale, Math.min(i + 1, k.length));
          double[] near = new double[mk.length];
          Arrays.setAll(near, j -> Vectors.dot(q, mk[j]));
          int[] best = Ranking.largest(near, inputs.count());
          double[] remembered = remembered(near, best, scale);
          double[] vm = Vectors.transposedTimes(mv, remembered, heads.valueSize());
          double[] vc = Vectors.transposedTimes(v, local, heads.valueSize());
          double[] mixed = new double[vm.length];
          Vectors.add(mixed, gate, vm);
          Vectors.add(mixed, 1 - gate, vc);
          output.setRow(mixed, b, h, i);
          fromMemory.setRow(vm, b, h, i);
          fromLocal.setRow(vc, b, h, i);
          memoryWeights.setRow(remembered, b, h, i);
          localWeights.setRow(local, b, h, i);
          for (int t = 0; t < best.length; t++) {
            ids.set((((long) b * queryHeads + h) * queries + i) * inputs.count() + t, best[t]);
          }
        }
      }
    }
    Outcome outcome = new Outcome();
    outcome.put(Result.OUTPUT, output);
    if (captures.contains(Capture.WEIGHTS)) {
      outcome.put("memory_weights", memoryWeights);
      outcome.put("local_weights", localWeights);
    }
    if (captures.contains(Capture.STAGES)) {
      outcome.put("memory_output", fromMemory);
      outcome.put("local_output", fromLocal);
      outcome.put("memory_ids", ids);
    }
    return outcome;
  }

  /// Softmax over the first `visible` keys.
  private static double[] weights(double[] q, double[][] k, double scale, int visible) {
    double[] scores = new double[k.length];
    Arrays.setAll(
        scores, j -> j < visible ? scale * Vectors.dot(q, k[j]) : Double.NEGATIVE_INFINITY);
    Vectors.softmax(scores);
    return scores;
  }

  private static double[] remembered(double[] dots, int[] best, double scale) {
    double[] scores = new double[dots.length];
    Arrays.fill(scores, Double.NEGATIVE_INFINITY);
    for (int id : best) {
      scores[id] = scale * dots[id];
    }
    Vectors.softmax(scores);
    return scores;
  }
}
