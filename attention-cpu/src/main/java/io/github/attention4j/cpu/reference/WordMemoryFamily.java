package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Mechanism.WordMemory;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.WordInputs;
import java.util.Arrays;
import java.util.Set;

/// [WordMemory]: sentences become memories, questions states, then hops.
final class WordMemoryFamily {
  private final WordMemory mechanism;
  private final WordInputs inputs;

  private WordMemoryFamily(WordMemory mechanism, WordInputs inputs) {
    this.mechanism = mechanism;
    this.inputs = inputs;
  }

  static Outcome run(WordMemory mechanism, Set<Capture> captures, Arguments arguments) {
    return new WordMemoryFamily(mechanism, WordInputs.of(mechanism, arguments.inputs()))
        .run(captures);
  }

  private Outcome run(Set<Capture> captures) {
    boolean adjacent = mechanism.transition().isEmpty();
    Hops hops = new Hops(mechanism.hops(), inputs.batch(), inputs.sentences(), inputs.size());
    DoubleArray answer = DoubleArray.zeros(inputs.batch(), inputs.vocabulary());
    for (int b = 0; b < inputs.batch(); b++) {
      hops.start(b, embed(0, inputs.question(b)));
      for (int hop = 0; hop < mechanism.hops(); hop++) {
        int table = adjacent ? hop : 0;
        double[][] m = memories(b, table);
        double[][] c = memories(b, table + 1);
        double[] o = hops.read(hop, b, m, c, m.length);
        double[] u = hops.state(hop, b);
        double[] next =
            mechanism.transition().map(h -> Vectors.times(Vectors.matrix(h, 0), u)).orElse(u);
        Vectors.add(next, 1, o);
        hops.next(hop, b, next);
      }
      double[] u = hops.state(mechanism.hops(), b);
      double[] scores = new double[inputs.vocabulary()];
      Arrays.setAll(scores, word -> Vectors.dot(u, row(mechanism.hops(), word)));
      Vectors.softmax(scores);
      answer.setRow(scores, b);
    }
    Outcome outcome = hops.outcome(captures);
    if (adjacent) {
      outcome.put("answer", answer);
    }
    return outcome;
  }

  private double[][] memories(int b, int table) {
    double[][] memories = new double[inputs.sentences()][];
    for (int i = 0; i < memories.length; i++) {
      double[] memory = embed(table, inputs.sentence(b, i));
      int sentence = i;
      mechanism
          .temporal()
          .ifPresent(temporal -> {
            for (int e = 0; e < memory.length; e++) {
              memory[e] += temporal.get(table, sentence, e);
            }
          });
      memories[i] = memory;
    }
    return memories;
  }

  /// $\sum_j l_j \circ A x_j$ over the words that are no padding.
  private double[] embed(int table, long[] words) {
    double length = Arrays.stream(words).filter(word -> word != 0).count();
    double[] sum = new double[inputs.size()];
    for (int j = 1; j <= words.length; j++) {
      if (words[j - 1] == 0) {
        continue;
      }
      double[] row = row(table, (int) words[j - 1]);
      for (int e = 1; e <= sum.length; e++) {
        double l =
            mechanism.positionEncoding()
                ? (1 - j / length) - (double) e / sum.length * (1 - 2 * j / length)
                : 1;
        sum[e - 1] += l * row[e - 1];
      }
    }
    return sum;
  }

  private double[] row(int table, int word) {
    Tensor tables = mechanism.embeddings();
    double[] row = new double[inputs.size()];
    Arrays.setAll(row, e -> tables.get(Math.min(table, tables.shape().intSize(0) - 1), word, e));
    return row;
  }
}
