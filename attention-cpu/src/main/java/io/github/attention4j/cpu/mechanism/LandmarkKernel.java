package io.github.attention4j.cpu.mechanism;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Landmark;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.algebra.PseudoInverse;
import io.github.attention4j.cpu.kernel.Lanes;
import io.github.attention4j.cpu.kernel.WorkerPool;
import io.github.attention4j.cpu.plan.HeadInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import io.github.attention4j.cpu.plan.RowCaptures;
import io.github.attention4j.cpu.plan.Segments;
import java.util.Arrays;
import java.util.Set;

/// [Landmark] in time linear in the length: $m$ summaries of the values, mixed by the inverse, read
/// by every query. The small matrix and its inverse are float64, since the inverse magnifies what
/// is wrong with it.
final class LandmarkKernel implements Computation {
  private static final int CHUNK = 64;

  private final Landmark mechanism;
  private final Set<Capture> captures;
  private final Scratch scratch = new Scratch();

  LandmarkKernel(Landmark mechanism, Set<Capture> captures) {
    this.mechanism = mechanism;
    this.captures = captures;
  }

  @Override
  public void run(Inputs inputs, ResultArrays results, WorkerPool pool) {
    Scratch.Worker[] workers = scratch.take(pool.threads());
    try {
      run(Segments.of(mechanism, inputs), results, pool, workers);
    } finally {
      scratch.give(workers);
    }
  }

  private void run(
      Segments segments, ResultArrays results, WorkerPool pool, Scratch.Worker[] workers) {
    HeadInputs heads = segments.heads();
    int m = segments.count();
    Tensor output =
        results.tensor(
            Result.OUTPUT, heads.batch(), heads.queryHeads(), heads.queries(), heads.valueSize());
    RowCaptures rows =
        new RowCaptures(
            captures, heads.batch(), heads.queryHeads(), heads.queries(), heads.keys(), results);
    boolean stages = captures.contains(Capture.STAGES);
    Tensor qLandmarks =
        stages
            ? results.tensor("q_landmarks", heads.batch(), heads.queryHeads(), m, heads.keySize())
            : Tensor.allocate(0);
    Tensor kLandmarks =
        stages
            ? results.tensor("k_landmarks", heads.batch(), heads.keyHeads(), m, heads.keySize())
            : Tensor.allocate(0);
    if (heads.keys() > 0) {
      pool.run(
          heads.batch() * heads.queryHeads(),
          (unit, worker) -> {
            int b = unit / heads.queryHeads();
            int h = unit % heads.queryHeads();
            workers[worker].rewind();
            Head head = new Head(segments, b, h, workers[worker]);
            if (stages) {
              long size = (long) m * heads.keySize();
              write(head.qMeans, qLandmarks, unit * size);
              int group = heads.queryHeads() / heads.keyHeads();
              if (h % group == 0) {
                write(head.kMeans, kLandmarks, ((long) b * heads.keyHeads() + h / group) * size);
              }
            }
            head.attend(output, rows);
          });
    }
    rows.finish();
  }

  private static void write(double[][] means, Tensor into, long at) {
    for (double[] mean : means) {
      for (double element : mean) {
        into.set(at++, (float) element);
      }
    }
  }

  /// One query head.
  private final class Head {
    final double[][] qMeans;
    final double[][] kMeans;
    private final HeadInputs heads;
    private final Scratch.Worker own;
    private final int b;
    private final int h;
    private final int m;
    private final int length;
    private final int size;
    private final int valueSize;
    private final int markWidth;
    private final int keyWidth;
    private final float scale;
    private final double[][] inverse;
    private final float[] kTurned;
    private final float[] toKeys;

    Head(Segments segments, int b, int h, Scratch.Worker own) {
      heads = segments.heads();
      this.own = own;
      this.b = b;
      this.h = h;
      m = segments.count();
      length = heads.keys();
      size = heads.keySize();
      valueSize = heads.valueSize();
      markWidth = Lanes.roundUp(m, LENGTH);
      keyWidth = Lanes.roundUp(CHUNK, LENGTH);
      scale = (float) heads.scale(mechanism.scale());
      qMeans = means(heads.query(), queryRow(), segments);
      kMeans = means(heads.key(), keyRow(), segments);
      double[][] a = own.matrix(m, m);
      double exactScale = heads.scale(mechanism.scale());
      for (int s = 0; s < m; s++) {
        for (int t = 0; t < m; t++) {
          for (int c = 0; c < size; c++) {
            a[s][t] += exactScale * qMeans[s][c] * kMeans[t][c];
          }
        }
        softmax(a[s]);
      }
      inverse =
          mechanism.iterations() == 0
              ? PseudoInverse.exact(a)
              : own.inverse().of(a, mechanism.iterations());
      kTurned = own.zeros(size * markWidth);
      for (int s = 0; s < m; s++) {
        for (int c = 0; c < size; c++) {
          kTurned[c * markWidth + s] = (float) kMeans[s][c];
        }
      }
      toKeys = toKeys();
    }

    private long queryRow() {
      return ((long) b * heads.queryHeads() + h) * length;
    }

    private long keyRow() {
      return ((long) b * heads.keyHeads() + heads.keyHead(h)) * length;
    }

    private double[][] means(Tensor vectors, long row, Segments segments) {
      double[][] means = own.matrix(m, size);
      for (int s = 0; s < m; s++) {
        int from = segments.start(s);
        int end = segments.start(s + 1);
        for (int i = from; i < end; i++) {
          for (int c = 0; c < size; c++) {
            means[s][c] += vectors.at((row + i) * size + c);
          }
        }
        for (int c = 0; c < size; c++) {
          means[s][c] /= end - from;
        }
      }
      return means;
    }

    private static void softmax(double[] row) {
      double largest = Double.NEGATIVE_INFINITY;
      for (double score : row) {
        largest = Math.max(largest, score);
      }
      double sum = 0;
      for (int t = 0; t < row.length; t++) {
        row[t] = Math.exp(row[t] - largest);
        sum += row[t];
      }
      for (int t = 0; t < row.length; t++) {
        row[t] /= sum;
      }
    }

    /// Softmax of the landmarks of the queries over all keys, `[m, length rounded up]`.
    private float[] toKeys() {
      int width = Lanes.roundUp(length, CHUNK);
      float[] scores = own.floats(m * width);
      float[] marks = own.floats(m * size);
      for (int s = 0; s < m; s++) {
        for (int c = 0; c < size; c++) {
          marks[s * size + c] = (float) (qMeans[s][c] * scale);
        }
      }
      float[] k = own.floats(CHUNK * size);
      float[] turned = own.zeros(size * keyWidth);
      float[] block = own.floats(m * keyWidth);
      for (int first = 0; first < length; first += CHUNK) {
        int count = Math.min(CHUNK, length - first);
        Floats.read(heads.key(), (keyRow() + first) * size, k, 0, count * size);
        Floats.transpose(k, size, count, size, turned, keyWidth);
        Arrays.fill(block, 0, m * keyWidth, 0f);
        Product.add(marks, 0, size, turned, keyWidth, block, keyWidth, m, size, keyWidth);
        for (int s = 0; s < m; s++) {
          System.arraycopy(block, s * keyWidth, scores, s * width + first, count);
        }
      }
      for (int s = 0; s < m; s++) {
        Floats.softmax(scores, s * width, length);
      }
      return scores;
    }

    void attend(Tensor output, RowCaptures rows) {
      int width = Lanes.roundUp(length, CHUNK);
      int valueWidth = Lanes.roundUp(valueSize, LENGTH);
      float[] v = own.floats(length * valueWidth);
      Floats.readRows(heads.value(), keyRow() * valueSize, v, length, valueSize, valueWidth);
      float[] summaries = own.zeros(m * valueWidth);
      Product.add(toKeys, 0, width, v, valueWidth, summaries, valueWidth, m, length, valueWidth);
      float[] mixed = mixed(summaries, valueWidth);
      float[] mixedKeys = rows.wantsRows() ? mixed(toKeys, width) : new float[0];
      float[] q = own.floats(CHUNK * size);
      float[] s = own.floats(CHUNK * markWidth);
      float[] o = own.floats(CHUNK * valueWidth);
      float[] weights = own.floats(rows.wantsRows() ? width : 0);
      for (int first = 0; first < length; first += CHUNK) {
        int count = Math.min(CHUNK, length - first);
        Floats.read(heads.query(), (queryRow() + first) * size, q, 0, count * size);
        for (int i = 0; i < count * size; i++) {
          q[i] *= scale;
        }
        Arrays.fill(s, 0, count * markWidth, 0f);
        Arrays.fill(o, 0, count * valueWidth, 0f);
        Product.add(q, 0, size, kTurned, markWidth, s, markWidth, count, size, markWidth);
        for (int i = 0; i < count; i++) {
          Floats.softmax(s, i * markWidth, m);
        }
        Product.add(s, 0, markWidth, mixed, valueWidth, o, valueWidth, count, m, valueWidth);
        for (int i = 0; i < count; i++) {
          Floats.write(o, i * valueWidth, valueSize, output, (queryRow() + first + i) * valueSize);
          if (rows.wantsRows()) {
            Arrays.fill(weights, 0, width, 0f);
            Product.add(s, i * markWidth, markWidth, mixedKeys, width, weights, width, 1, m, width);
            // Every key is there, so weights serve as scores.
            rows.row(b, h, first + i, weights, weights, 0);
          }
        }
      }
    }

    /// The inverse times `[m, width]`.
    private float[] mixed(float[] from, int width) {
      float[] to = own.floats(m * width);
      double[] row = own.doubles(width);
      for (int s = 0; s < m; s++) {
        Arrays.fill(row, 0, width, 0);
        for (int t = 0; t < m; t++) {
          double factor = inverse[s][t];
          for (int e = 0; e < width; e++) {
            row[e] += factor * from[t * width + e];
          }
        }
        for (int e = 0; e < width; e++) {
          to[s * width + e] = (float) row[e];
        }
      }
      return to;
    }
  }
}
