package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.RowCaptures;
import io.github.attention4j.cpu.structure.Chain;
import io.github.attention4j.cpu.structure.NonProjectiveTrees;
import io.github.attention4j.cpu.structure.ProjectiveTrees;
import io.github.attention4j.cpu.structure.TreeMarginals;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Normalizers that are no running sum: whole rows of scores for the queries of a panel, `lanes x
/// keys` floats per worker, then weights and values. Trees normalize all queries of a head
/// together: their scores are kept until the last panel.
final class WholeRows implements RowSink {
  private final PairwiseInputs in;
  private final PairwiseArrays arrays;
  private final RowCaptures captures;
  private final Normalizer normalizer;
  private final int keys;
  private final double[][][] heads;

  WholeRows(PairwiseInputs in, PairwiseArrays arrays, RowCaptures captures) {
    this.in = in;
    this.arrays = arrays;
    this.captures = captures;
    normalizer = in.mechanism().normalizer();
    keys = in.keys();
    heads =
        isTree(normalizer)
            ? new double[in.batch() * in.queryHeads()][in.queries()][]
            : new double[0][][];
  }

  private static boolean isTree(Normalizer normalizer) {
    return switch (normalizer) {
      case Normalizer.NonProjectiveTree _, Normalizer.ProjectiveTree _ -> true;
      case Normalizer.Softmax _,
          Normalizer.Sparsemax _,
          Normalizer.Entmax15 _,
          Normalizer.ChainCrf _ ->
          false;
    };
  }

  @Override
  public void begin(Panel x) {
    x.reserveRows(x.lanes, keys);
    Arrays.fill(x.rowScores, 0, x.lanes * keys, Float.NEGATIVE_INFINITY);
  }

  @Override
  public void tile(Panel x) {
    for (int row = 0; row < x.rows; row++) {
      for (int lane = 0, at = x.keys[row]; lane < x.lanes; lane++, at += keys) {
        x.rowScores[at] = x.s[row * x.width + lane];
      }
    }
  }

  @Override
  public void end(Panel x, PackedHead head) {
    float[] weights = x.rowWeights;
    for (int g = 0; g < x.groups; g++) {
      int h = x.groupHead[g];
      for (int i = 0; i < x.groupCount[g]; i++) {
        int query = x.groupFirst[g] + i;
        int from = (x.groupLane[g] + i) * keys;
        System.arraycopy(x.rowScores, from, weights, from, keys);
        switch (normalizer) {
          case Normalizer.Sparsemax() -> x.simplex.sparsemax(weights, from, keys);
          case Normalizer.Entmax15() -> x.simplex.entmax15(weights, from, keys);
          case Normalizer.ChainCrf crf ->
              captures.logSumExp(x.batch, h, query, chain(crf, h, weights, from));
          case Normalizer.NonProjectiveTree _, Normalizer.ProjectiveTree _ -> {
            heads[x.batch * in.queryHeads() + h][query] = doubles(x.rowScores, from);
            continue;
          }
          case Normalizer.Softmax _ ->
              throw new IllegalStateException("softmax has a driver of its own");
        }
        captures.row(x.batch, h, query, x.rowScores, weights, from);
        output(x, head, h, query, weights, from);
      }
    }
  }

  private double chain(Normalizer.ChainCrf crf, int h, float[] weights, int from) {
    double[] scores = doubles(weights, from);
    double[] marginals = new double[keys];
    double logPartition = new Chain(crf).weigh(h, scores, marginals);
    for (int j = 0; j < keys; j++) {
      weights[from + j] = (float) marginals[j];
    }
    return logPartition;
  }

  private double[] doubles(float[] row, int from) {
    double[] copy = new double[keys];
    for (int j = 0; j < keys; j++) {
      copy[j] = row[from + j];
    }
    return copy;
  }

  /// $\sum_j w_j v_j$ over the weights that are not 0.
  private void output(Panel x, PackedHead head, int h, int query, float[] weights, int from) {
    int size = in.valueSize();
    int columns = Lanes.roundUp(size, Lanes.LENGTH);
    float[] sum = x.rowsOfLanes;
    Arrays.fill(sum, 0, columns, 0f);
    Rows values = arrays.value();
    for (int j = 0; j < keys; j++) {
      float weight = weights[from + j];
      if (weight == 0) {
        continue;
      }
      if (head.marked(j)) {
        values.read(values.index(x.batch, in.keyHead(h), j), x.vector, 0, size);
        for (int c = 0; c < size; c++) {
          sum[c] += weight * x.vector[c];
        }
      } else {
        long at = (long) j * columns;
        for (int c = 0; c < columns; c++) {
          sum[c] = Math.fma(weight, head.v.getAtIndex(ValueLayout.JAVA_FLOAT, at + c), sum[c]);
        }
      }
    }
    arrays.output().write(sum, 0, size, arrays.output().index(x.batch, h, query));
  }

  /// Trees, once all scores are there; then everything captured is complete.
  void finish(WorkerPool pool) {
    pool.run(heads.length, (unit, _) -> tree(unit / in.queryHeads(), unit % in.queryHeads()));
    captures.finish();
  }

  private void tree(int b, int h) {
    double[][] scores = heads[b * in.queryHeads() + h];
    for (int i = 0; i < scores.length; i++) {
      // Key i + 1 is the word itself.
      scores[i][i + 1] = Double.NEGATIVE_INFINITY;
    }
    double[][] marginals = new double[scores.length][keys];
    double logPartition = trees().weigh(scores, marginals);
    int size = in.valueSize();
    float[] row = new float[keys];
    float[] there = new float[keys];
    float[] value = new float[size];
    float[] sum = new float[size];
    Rows values = arrays.value();
    for (int i = 0; i < scores.length; i++) {
      Arrays.fill(sum, 0f);
      for (int j = 0; j < keys; j++) {
        row[j] = (float) marginals[i][j];
        there[j] = (float) scores[i][j];
        if (row[j] != 0) {
          values.read(values.index(b, in.keyHead(h), j), value, 0, size);
          for (int c = 0; c < size; c++) {
            sum[c] = Math.fma(row[j], value[c], sum[c]);
          }
        }
      }
      captures.logSumExp(b, h, i, logPartition);
      captures.row(b, h, i, there, row, 0);
      arrays.output().write(sum, 0, size, arrays.output().index(b, h, i));
    }
  }

  private TreeMarginals trees() {
    return switch (normalizer) {
      case Normalizer.NonProjectiveTree(boolean singleRoot) -> new NonProjectiveTrees(singleRoot);
      case Normalizer.ProjectiveTree(boolean singleRoot) -> new ProjectiveTrees(singleRoot);
      case Normalizer.Softmax _,
          Normalizer.Sparsemax _,
          Normalizer.Entmax15 _,
          Normalizer.ChainCrf _ ->
          throw new IllegalStateException("normalizer: no tree: " + normalizer);
    };
  }
}
