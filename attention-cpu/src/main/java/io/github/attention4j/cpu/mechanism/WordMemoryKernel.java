package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.WordMemory;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.WordInputs;
import java.util.Arrays;
import java.util.Set;

/// [WordMemory]: sentences become memories table by table, each table's once; one task per batch
/// entry.
final class WordMemoryKernel implements Computation {
  private final WordMemory mechanism;
  private final Set<Capture> captures;
  private final boolean adjacent;
  private final float[] transition;

  WordMemoryKernel(WordMemory mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
    adjacent = mechanism.transition().isEmpty();
    transition = mechanism.transition().map(Tensor::toArray).orElse(new float[0]);
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    WordInputs in = WordInputs.of(mechanism, inputs);
    HopState hops =
        new HopState(mechanism.hops(), in.batch(), in.sentences(), in.size(), captures, results);
    Tensor answer =
        adjacent ? results.tensor("answer", in.batch(), in.vocabulary()) : Tensor.allocate(0);
    pool.run(in.batch(), (b, _) -> entry(in, hops, b, answer));
  }

  private void entry(WordInputs in, HopState hops, int b, Tensor answer) {
    int size = in.size();
    float[] u = embed(in, 0, in.question(b));
    float[] o = new float[size];
    float[] m = memories(in, b, 0);
    float[] c = memories(in, b, 1);
    hops.state(0, b, u);
    for (int hop = 0; hop < mechanism.hops(); hop++) {
      hops.read(hop, b, u, m, c, in.sentences(), o);
      if (adjacent) {
        Floats.add(u, 0, 1f, o, 0, size);
        m = c;
        c = hop + 1 < mechanism.hops() ? memories(in, b, hop + 2) : c;
      } else {
        float[] next = o.clone();
        for (int r = 0; r < size; r++) {
          next[r] += Floats.dot(transition, r * size, u, 0, size);
        }
        u = next;
      }
      hops.state(hop + 1, b, u);
    }
    if (adjacent) {
      float[] scores = new float[in.vocabulary()];
      float[] row = new float[size];
      for (int word = 0; word < scores.length; word++) {
        readRow(mechanism.hops(), word, in, row);
        scores[word] = Floats.dot(u, 0, row, 0, size);
      }
      Floats.softmax(scores, 0, scores.length);
      Floats.write(scores, 0, scores.length, answer, (long) b * scores.length);
    }
  }

  private float[] memories(WordInputs in, int b, int table) {
    int size = in.size();
    float[] memories = new float[in.sentences() * size];
    for (int i = 0; i < in.sentences(); i++) {
      System.arraycopy(embed(in, table, in.sentence(b, i)), 0, memories, i * size, size);
    }
    mechanism
        .temporal()
        .ifPresent(temporal -> {
          float[] rows = new float[memories.length];
          Floats.read(temporal, table * temporal.shape().size(1) * size, rows, 0, rows.length);
          Floats.add(memories, 0, 1f, rows, 0, rows.length);
        });
    return memories;
  }

  /// $\sum_j l_j \circ A x_j$ over the words that are no padding.
  private float[] embed(WordInputs in, int table, long[] words) {
    int size = in.size();
    float length = Arrays.stream(words).filter(word -> word != 0).count();
    float[] sum = new float[size];
    float[] row = new float[size];
    for (int j = 0; j < words.length; j++) {
      if (words[j] == 0) {
        continue;
      }
      readRow(table, words[j], in, row);
      if (!mechanism.positionEncoding()) {
        Floats.add(sum, 0, 1f, row, 0, size);
        continue;
      }
      float place = (j + 1) / length;
      for (int e = 0; e < size; e++) {
        float l = (1 - place) - (e + 1f) / size * (1 - 2 * place);
        sum[e] = Math.fma(l, row[e], sum[e]);
      }
    }
    return sum;
  }

  private void readRow(int table, long word, WordInputs in, float[] into) {
    Floats.read(
        mechanism.embeddings(),
        ((long) table * in.vocabulary() + word) * in.size(),
        into,
        0,
        in.size());
  }
}
