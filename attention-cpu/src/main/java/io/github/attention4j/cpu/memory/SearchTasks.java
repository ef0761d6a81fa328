package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory.Found;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.Best;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A search cut into tasks of some queries of one head; who searches sees one query at a time.
final class SearchTasks {
  private static final int QUERIES = 8;

  /// Finds what is nearest to one query.
  @FunctionalInterface
  interface Scan {
    /// Offers keys, of equal scores the lower number first.
    ///
    /// @param query the query's elements from 0 on
    /// @param scores room for [KeyTiles#WIDE]
    void offer(int head, float[] query, Best best, float[] scores);
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
          Best best = new Best(count);
          float[] query = new float[size];
          float[] room = new float[KeyTiles.WIDE];
          for (int i = first; i < Math.min(first + QUERIES, each); i++) {
            long row = (long) head * each + i;
            MemorySegment.copy(
                queries.segment(), ValueLayout.JAVA_FLOAT, 4 * row * size, query, 0, size);
            best.clear();
            scan.offer(head, query, best, room);
            for (int r = 0; r < count; r++) {
              boolean there = r < best.found();
              ids.set(row * count + r, there ? best.id(r) : -1);
              scores.set(row * count + r, there ? best.score(r) : Float.NEGATIVE_INFINITY);
            }
          }
        });
    return new Found(ids, scores);
  }
}
