package io.github.attention4j.cpu.mechanism;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
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
  private final Scratch scratch = new Scratch();

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
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      pool.run(
          in.batch(),
          (b, worker) -> {
            workers[worker].rewind();
            new Entry(in, b, workers[worker]).run(hops, answer);
          });
    } finally {
      scratch.give(workers);
    }
  }

  /// One entry of the batch.
  private final class Entry {
    private final WordInputs in;
    private final int b;
    private final int size;
    private final Scratch.Worker own;
    private final float[] row;
    private final float[] sum;
    private final int[] words;
    private final float[] factors;
    private int weighed = -1;

    Entry(WordInputs in, int b, Scratch.Worker own) {
      this.in = in;
      this.b = b;
      this.own = own;
      size = in.size();
      row = own.floats(size);
      sum = own.floats(size);
      int most = Math.max(in.story().shape().intSize(2), in.question().shape().intSize(1));
      words = own.ints(most);
      factors = own.floats(words.length * size);
    }

    void run(HopState hops, Tensor answer) {
      float[] u = own.floats(size);
      float[] o = own.floats(size);
      float[] next = own.floats(size);
      float[] p = own.floats(in.sentences());
      float[] m = own.floats(in.sentences() * size);
      float[] c = own.floats(in.sentences() * size);
      embed(0, in.question(), b);
      System.arraycopy(sum, 0, u, 0, size);
      memories(0, m);
      memories(1, c);
      hops.state(0, b, u);
      for (int hop = 0; hop < mechanism.hops(); hop++) {
        hops.read(hop, b, u, m, c, in.sentences(), p, o);
        if (adjacent) {
          Floats.add(u, 0, 1f, o, 0, size);
          if (hop + 1 < mechanism.hops()) {
            float[] before = m;
            m = c;
            c = before;
            memories(hop + 2, c);
          }
        } else {
          for (int r = 0; r < size; r++) {
            next[r] = o[r] + Floats.dot(transition, r * size, u, 0, size);
          }
          System.arraycopy(next, 0, u, 0, size);
        }
        hops.state(hop + 1, b, u);
      }
      if (adjacent) {
        answer(u, answer);
      }
    }

    private void answer(float[] u, Tensor answer) {
      int words = in.vocabulary();
      float[] scores = own.floats(words);
      for (int word = 0; word < words; word++) {
        readRow(mechanism.hops(), word);
        scores[word] = Floats.dot(u, 0, row, 0, size);
      }
      Floats.softmax(scores, 0, words);
      Floats.write(scores, 0, words, answer, (long) b * words);
    }

    private void memories(int table, float[] memories) {
      for (int i = 0; i < in.sentences(); i++) {
        embed(table, in.story(), (long) b * in.sentences() + i);
        System.arraycopy(sum, 0, memories, i * size, size);
      }
      Tensor temporal = mechanism.temporal().orElse(null);
      for (int i = 0; temporal != null && i < in.sentences(); i++) {
        Floats.read(temporal, (table * temporal.shape().size(1) + i) * size, row, 0, size);
        Floats.add(memories, i * size, 1f, row, 0, size);
      }
    }

    /// $\sum_j l_j \circ A x_j$ over the words that are no padding, into `sum`.
    private void embed(int table, LongTensor texts, long text) {
      int count = texts.shape().intSize(-1);
      int length = 0;
      for (int j = 0; j < count; j++) {
        words[j] = (int) texts.at(text * count + j);
        length += words[j] == 0 ? 0 : 1;
      }
      weighPlaces(words.length, length);
      Arrays.fill(sum, 0, size, 0f);
      for (int j = 0; j < count; j++) {
        if (words[j] == 0) {
          continue;
        }
        Floats.addProducts(
            sum, factors, j * size, mechanism.embeddings(), place(table, words[j]), size);
      }
    }

    /// $l_j$ for sentences of this many words; most have as many as the one before.
    private void weighPlaces(int count, int length) {
      if (length == weighed) {
        return;
      }
      weighed = length;
      for (int j = 0; j < count; j++) {
        float place = (j + 1) / (float) length;
        for (int e = 0; e < size; e++) {
          factors[j * size + e] =
              mechanism.positionEncoding() ? (1 - place) - (e + 1f) / size * (1 - 2 * place) : 1f;
        }
      }
    }

    private long place(int table, long word) {
      return ((long) table * in.vocabulary() + word) * size;
    }

    private void readRow(int table, long word) {
      Floats.read(mechanism.embeddings(), place(table, word), row, 0, size);
    }
  }
}
