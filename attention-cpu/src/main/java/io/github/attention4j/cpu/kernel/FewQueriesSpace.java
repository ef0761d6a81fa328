package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.FewQueriesSoftmax.QUERIES;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;

import java.util.Arrays;

/// What a [FewQueriesRun] works in; kept between runs.
final class FewQueriesSpace {
  /// Keys whose scores wait for their values: a stream from memory that is cut too often never gets
  /// up to speed.
  static final int TILE = 256;

  /// Reachable keys of each unit.
  Intervals[] reach = new Intervals[0];

  final Intervals some = new Intervals();
  final Intervals every = new Intervals();
  final ScopeTiles.Scratch scratch = new ScopeTiles.Scratch();

  /// Scaled queries, `[units][rows][stride]`.
  float[] queries = new float[0];

  /// Maxima, sums `[units][stretches][rows]` and outputs `[units][stretches][rows][stride]`.
  float[] maxima = new float[0];

  float[] sums = new float[0];
  float[] outputs = new float[0];

  /// One row on its way out.
  float[] row = new float[0];

  private Worker[] workers = new Worker[0];

  /// What one worker writes.
  static final class Worker {
    final float[] block = new float[FewQueriesScores.BLOCK];
    final float[] s = new float[TILE * QUERIES + LENGTH];
    float[] m = new float[0];
    float[] l = new float[0];
    float[] alpha = new float[0];
  }

  /// Makes room.
  void reserve(int threads, int units, int stretches, int rows, int depth, int columns) {
    int lanes = rows / QUERIES * LENGTH;
    if (workers.length < threads) {
      int from = workers.length;
      workers = Arrays.copyOf(workers, threads);
      for (int i = from; i < threads; i++) {
        workers[i] = new Worker();
      }
    }
    for (Worker worker : workers) {
      if (worker.m.length < lanes) {
        worker.m = new float[lanes];
        worker.l = new float[lanes];
        worker.alpha = new float[lanes];
      }
    }
    if (reach.length < units) {
      int from = reach.length;
      reach = Arrays.copyOf(reach, units);
      for (int i = from; i < units; i++) {
        reach[i] = new Intervals();
      }
    }
    queries = room(queries, (long) units * rows * depth);
    maxima = room(maxima, (long) units * stretches * rows);
    sums = room(sums, (long) units * stretches * rows);
    outputs = room(outputs, (long) units * stretches * rows * columns);
    row = room(row, columns);
  }

  private static float[] room(float[] array, long length) {
    if (length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "query: expected fewer than 2^31 elements in all partial outputs, got " + length);
    }
    return array.length < length ? new float[(int) length] : array;
  }

  /// The place of a worker.
  Worker worker(int number) {
    return workers[number];
  }
}
