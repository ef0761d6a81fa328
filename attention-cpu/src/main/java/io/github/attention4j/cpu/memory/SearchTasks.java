package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory.Found;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.Best;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// A search cut into tasks of some queries of one head.
final class SearchTasks {
  private static final int QUERIES = 16;

  /// Finds what is nearest to some queries.
  @FunctionalInterface
  interface Scan {
    /// Offers keys, of equal scores the lower number first.
    ///
    /// @param queries one after the other
    /// @param best of each query
    /// @param scores room for [KeyTiles#WIDE]
    void offer(int head, float[] queries, Best[] best, float[] scores);
  }

  private SearchTasks() {}

  /// Searches for all queries `[heads, queries, keySize]`.
  static Found run(Tensor queries, int count, WorkerPool pool, Scan scan) {
    int heads = queries.shape().intSize(0);
    int each = queries.shape().intSize(1);
    int size = queries.shape().intSize(2);
    LongTensor ids = LongTensor.allocate(heads, each, count);
    Tensor scores = Tensor.allocate(heads, each, count);
    int chunks = (each + QUERIES - 1) / QUERIES;
    pool.run(
        heads * chunks,
        (task, _) -> {
          int head = task / chunks;
          int first = task % chunks * QUERIES;
          Best[] best = new Best[Math.min(QUERIES, each - first)];
          Arrays.setAll(best, _ -> new Best(count));
          float[] some = new float[best.length * size];
          long row = (long) head * each + first;
          MemorySegment.copy(
              queries.segment(), ValueLayout.JAVA_FLOAT, 4 * row * size, some, 0, some.length);
          scan.offer(head, some, best, new float[KeyTiles.WIDE]);
          for (int i = 0; i < best.length; i++) {
            for (int r = 0; r < count; r++) {
              boolean there = r < best[i].found();
              ids.set((row + i) * count + r, there ? best[i].id(r) : -1);
              scores.set((row + i) * count + r, there ? best[i].score(r) : Float.NEGATIVE_INFINITY);
            }
          }
        });
    return new Found(ids, scores);
  }
}
