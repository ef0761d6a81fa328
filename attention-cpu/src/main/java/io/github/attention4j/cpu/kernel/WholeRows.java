package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Normalizer;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.RowCaptures;
import io.github.attention4j.cpu.structure.ScaledNonProjectiveTrees;
import io.github.attention4j.cpu.structure.ScaledProjectiveTrees;
import io.github.attention4j.cpu.structure.TreeMarginals;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Normalizers that are no running sum: the scores of all keys for the queries of a panel, `keys x
/// lanes` floats per worker, then their weights. Trees normalize all queries of a head together:
/// their scores are kept until the last panel, see [WholeRowsRun].
final class WholeRows implements RowSink {
  private final PairwiseInputs in;
  private final RowCaptures captures;
  private final Workspace workspace;
  private final Normalizer normalizer;
  private final @Nullable ChainStage chain;
  private final int keys;
  private final double[][][] heads;

  /// What one worker needs for it.
  static final class Space {
    private float[] scores = new float[0];
    private float[] weights = new float[0];
    private float[] scoreRow = new float[0];
    private float[] weightRow = new float[0];
    private ChainStage.@Nullable Worker chain;
    private @Nullable TreeMarginals trees;
    private double[][] marginals = new double[0][];
    private float[] values = new float[0];
    private float[] sum = new float[0];

    private void reserve(int keys) {
      if (scores.length < keys * Lanes.MAX_PANEL) {
        scores = new float[keys * Lanes.MAX_PANEL];
        weights = new float[keys * Lanes.MAX_PANEL];
      }
      if (scoreRow.length < keys) {
        scoreRow = new float[keys];
        weightRow = new float[keys];
      }
    }
  }

  WholeRows(PairwisePlan plan, PairwiseInputs in, RowCaptures captures, Workspace workspace) {
    this.in = in;
    this.captures = captures;
    this.workspace = workspace;
    normalizer = plan.mechanism.normalizer();
    chain = plan.chain;
    keys = in.keys();
    heads =
        isTree()
            ? workspace.headScores(in.batch() * in.queryHeads(), in.queries(), keys)
            : new double[0][][];
    if ((long) keys * Lanes.MAX_PANEL > Integer.MAX_VALUE - 64) {
      throw new IllegalArgumentException(
          "key: expected at most "
              + Integer.MAX_VALUE / Lanes.MAX_PANEL
              + " keys for a normalizer of whole rows, got "
              + keys);
    }
  }

  private boolean isTree() {
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
    x.whole.reserve(keys);
    Arrays.fill(x.whole.scores, 0, keys * x.width, Float.NEGATIVE_INFINITY);
  }

  @Override
  public void tile(Panel x) {
    int width = x.width;
    for (int row = 0; row < x.rows; row++) {
      System.arraycopy(x.s, row * width, x.whole.scores, x.keys[row] * width, width);
    }
  }

  @Override
  public boolean end(Panel x) {
    Space space = x.whole;
    switch (normalizer) {
      case Normalizer.Sparsemax() ->
          SimplexStage.sparsemax(space.scores, space.weights, keys, x.vectors);
      case Normalizer.Entmax15() ->
          SimplexStage.entmax15(space.scores, space.weights, keys, x.vectors);
      case Normalizer.ChainCrf _ -> chain(x);
      case Normalizer.NonProjectiveTree _, Normalizer.ProjectiveTree _ -> {
        keep(x);
        return false;
      }
      case Normalizer.Softmax _ ->
          throw new IllegalStateException("softmax has a driver of its own");
    }
    if (captures.wantsRows()) {
      capture(x);
    }
    return true;
  }

  @Override
  public boolean weights(Panel x, int from, int count) {
    int width = x.width;
    if (SimplexStage.isZero(x.whole.weights, from * width, (from + count) * width)) {
      return false;
    }
    System.arraycopy(x.whole.weights, from * width, x.s, 0, count * width);
    for (int row = 0; row < count; row++) {
      x.keys[row] = from + row;
    }
    x.rows = count;
    return true;
  }

  private void chain(Panel x) {
    if (chain == null) {
      throw new IllegalStateException("chain: the plan has none");
    }
    Space space = x.whole;
    ChainStage.Worker own = space.chain;
    if (own == null) {
      own = chain.new Worker();
      space.chain = own;
    }
    own.run(x, space.scores, space.weights, keys, captures.wantsLogSumExp());
    for (int g = 0; g < x.groups; g++) {
      for (int i = 0; i < x.groupCount[g]; i++) {
        double logPartition = own.logPartition[x.groupLane[g] + i];
        captures.logSumExp(x.batch, x.groupHead[g], x.groupFirst[g] + i, logPartition);
      }
    }
  }

  private void capture(Panel x) {
    Space space = x.whole;
    for (int g = 0; g < x.groups; g++) {
      for (int i = 0; i < x.groupCount[g]; i++) {
        int lane = x.groupLane[g] + i;
        for (int j = 0, at = lane; j < keys; j++, at += x.width) {
          space.scoreRow[j] = space.scores[at];
          space.weightRow[j] = space.weights[at];
        }
        captures.row(
            x.batch, x.groupHead[g], x.groupFirst[g] + i, space.scoreRow, space.weightRow, 0);
      }
    }
  }

  private void keep(Panel x) {
    for (int g = 0; g < x.groups; g++) {
      double[][] rows = heads[x.batch * in.queryHeads() + x.groupHead[g]];
      for (int i = 0; i < x.groupCount[g]; i++) {
        double[] row = rows[x.groupFirst[g] + i];
        for (int j = 0, at = x.groupLane[g] + i; j < keys; j++, at += x.width) {
          row[j] = x.whole.scores[at];
        }
      }
    }
  }

  /// Trees, once all their scores are there.
  void trees(PairwiseArrays arrays, WorkerPool pool) {
    pool.run(
        heads.length,
        (head, worker) ->
            tree(
                head / in.queryHeads(),
                head % in.queryHeads(),
                arrays,
                workspace.panel(worker, 0).whole));
  }

  private void tree(int b, int h, PairwiseArrays arrays, Space space) {
    double[][] scores = heads[b * in.queryHeads() + h];
    for (int i = 0; i < scores.length; i++) {
      // Key i + 1 is the word itself.
      scores[i][i + 1] = Double.NEGATIVE_INFINITY;
    }
    if (scores.length == 0) {
      return;
    }
    if (space.marginals.length != scores.length || space.marginals[0].length != keys) {
      space.marginals = new double[scores.length][keys];
    }
    TreeMarginals trees = space.trees;
    if (trees == null) {
      trees = trees();
      space.trees = trees;
    }
    double logPartition = trees.weigh(scores, space.marginals);
    int size = in.valueSize();
    if (space.values.length < keys * size) {
      space.values = new float[keys * size];
      space.sum = new float[size];
    }
    Rows values = arrays.value();
    for (int j = 0; j < keys; j++) {
      values.read(values.index(b, in.keyHead(h), j), space.values, j * size, size);
    }
    space.reserve(keys);
    for (int i = 0; i < scores.length; i++) {
      Arrays.fill(space.sum, 0f);
      for (int j = 0; j < keys; j++) {
        float weight = (float) space.marginals[i][j];
        space.weightRow[j] = weight;
        space.scoreRow[j] = (float) scores[i][j];
        if (weight != 0) {
          add(space.sum, weight, space.values, j * size, size);
        }
      }
      captures.logSumExp(b, h, i, logPartition);
      captures.row(b, h, i, space.scoreRow, space.weightRow, 0);
      arrays.output().write(space.sum, 0, size, arrays.output().index(b, h, i));
    }
  }

  private static void add(float[] sum, float weight, float[] values, int from, int size) {
    for (int c = 0; c < size; c++) {
      sum[c] = Math.fma(weight, values[from + c], sum[c]);
    }
  }

  private TreeMarginals trees() {
    return switch (normalizer) {
      case Normalizer.NonProjectiveTree(boolean singleRoot) ->
          new ScaledNonProjectiveTrees(singleRoot);
      case Normalizer.ProjectiveTree(boolean singleRoot) -> new ScaledProjectiveTrees(singleRoot);
      case Normalizer.Softmax _,
          Normalizer.Sparsemax _,
          Normalizer.Entmax15 _,
          Normalizer.ChainCrf _ ->
          throw new IllegalStateException("normalizer: no tree: " + normalizer);
    };
  }
}
