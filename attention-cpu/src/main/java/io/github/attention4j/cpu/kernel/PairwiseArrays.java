package io.github.attention4j.cpu.kernel;

import io.github.attention4j.api.Capture;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.cpu.plan.PairwiseInputs;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Where a run reads and writes: queries, keys, values, the output, and what is captured.
final class PairwiseArrays {
  private final PairwisePlan plan;
  private final Rows query;
  private final Rows key;
  private final Rows value;
  private final Rows output;
  private final @Nullable Tensor weights;
  private final @Nullable Tensor logSumExp;
  private final @Nullable Tensor topWeights;
  private final @Nullable LongTensor topKeys;
  private final @Nullable Tensor pooled;
  private final int queryHeads;
  private final int queries;
  private final int keys;
  private final int best;
  private float[] cells = new float[0];
  private int[] cellRows = new int[0];
  private int cellSlots;

  private PairwiseArrays(
      PairwisePlan plan,
      PairwiseInputs in,
      Rows query,
      Rows key,
      Rows value,
      Rows output,
      ResultArrays results) {
    this.plan = plan;
    this.query = query;
    this.key = key;
    this.value = value;
    this.output = output;
    long b = in.batch();
    queryHeads = in.queryHeads();
    queries = in.queries();
    keys = in.keys();
    best = Math.min(plan.topK, keys);
    weights = plan.weights ? results.tensor(Result.WEIGHTS, b, queryHeads, queries, keys) : null;
    logSumExp = plan.logSumExp ? results.tensor(Result.LOG_SUM_EXP, b, queryHeads, queries) : null;
    topWeights =
        plan.topK > 0 ? results.tensor(Result.TOP_K_WEIGHTS, b, queryHeads, queries, best) : null;
    topKeys = plan.topK > 0 ? results.longs(Result.TOP_K_KEYS, b, queryHeads, queries, best) : null;
    pooled =
        plan.pooled != null
            ? results.tensor(
                Result.POOLED, b, queryHeads, plan.pooled.rows(), plan.pooled.columns())
            : null;
  }

  /// The arrays of a [io.github.attention4j.api.Mechanism.Pairwise], `[batch, heads, length,
  /// size]`.
  static PairwiseArrays of(PairwisePlan plan, PairwiseInputs in, ResultArrays results) {
    Tensor output =
        results.tensor(Result.OUTPUT, in.batch(), in.queryHeads(), in.queries(), in.valueSize());
    boolean given = plan.kind == PairwisePlan.Kind.GIVEN;
    Rows value = Rows.of(in.value());
    return new PairwiseArrays(
        plan,
        in,
        given ? value : Rows.of(in.query()),
        given ? value : Rows.of(in.key()),
        value,
        Rows.of(output),
        results);
  }

  /// Arrays laid out in other ways, such as heads inside the channels.
  static PairwiseArrays of(
      PairwisePlan plan,
      PairwiseInputs in,
      Rows query,
      Rows key,
      Rows value,
      Rows output,
      ResultArrays results) {
    return new PairwiseArrays(plan, in, query, key, value, output, results);
  }

  /// The captured weights, if they were asked for.
  @Nullable Tensor weights() {
    return weights;
  }

  Rows query() {
    return query;
  }

  Rows key() {
    return key;
  }

  Rows value() {
    return value;
  }

  Rows output() {
    return output;
  }

  /// Makes room for the partial sums of pooled weights.
  void prepare(PairwiseInputs in, int panels, int panelsOfHead) {
    Capture.Pooled grid = plan.pooled;
    if (grid == null) {
      return;
    }
    // The rows of cells that a panel touches go up with the panels, so panel + row is a slot of its
    // own.
    cellSlots = panelsOfHead + grid.rows();
    long size = (long) in.batch() * queryHeads * cellSlots * grid.columns();
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "pooled: expected fewer than 2^31 cells in flight, got " + size);
    }
    cells = new float[(int) size];
    cellRows = new int[in.batch() * queryHeads * cellSlots];
    Arrays.fill(cellRows, -1);
  }

  /// Starts the captures of a panel.
  void begin(Panel x) {
    if (plan.topK > 0) {
      x.top.clear(best);
    }
    Capture.Pooled grid = plan.pooled;
    if (grid != null) {
      int size = grid.columns() * x.width;
      if (x.pooled.length < size) {
        x.pooled = new float[grid.columns() * Lanes.MAX_PANEL];
      }
      Arrays.fill(x.pooled, 0, size, 0f);
    }
  }

  /// Adds the unnormalised weights of a tile to the columns of cells, which shrink as the output
  /// does.
  void pool(Panel x) {
    Capture.Pooled grid = plan.pooled;
    if (grid == null) {
      return;
    }
    int columns = grid.columns();
    for (int c = 0; c < columns; c++) {
      for (int lane = 0, at = c * x.width; lane < x.width; lane++, at++) {
        x.pooled[at] *= x.alpha[lane];
      }
    }
    for (int row = 0; row < x.rows; row++) {
      int at = cell(x.keys[row], columns, keys) * x.width;
      int from = row * x.width;
      for (int lane = 0; lane < x.width; lane++) {
        x.pooled[at + lane] += x.s[from + lane];
      }
    }
  }

  /// The cell $r$ with $\lfloor rn/c \rfloor \le i < \lfloor (r+1)n/c \rfloor$.
  private static int cell(int index, int cells, int length) {
    return (int) (((index + 1L) * cells - 1) / length);
  }

  /// Writes what is known once all keys of a panel were seen.
  void end(Panel x, int panel) {
    for (int g = 0; g < x.groups; g++) {
      long head = (long) x.batch * queryHeads + x.groupHead[g];
      for (int i = 0; i < x.groupCount[g]; i++) {
        int query = x.groupFirst[g] + i;
        int lane = x.groupLane[g] + i;
        long row = head * queries + query;
        if (logSumExp != null) {
          logSumExp.set(row, (float) (x.m[lane] + Math.log(x.l[lane])));
        }
        if (topWeights != null && topKeys != null) {
          top(x, lane, row * best, topWeights, topKeys);
        }
      }
      poolRows(x, g, head, panel);
    }
  }

  /// Writes one log-sum-exp, if they were asked for.
  void logSumExp(int b, int head, int query, double value) {
    if (logSumExp != null) {
      logSumExp.set(((long) b * queryHeads + head) * queries + query, (float) value);
    }
  }

  private void top(Panel x, int lane, long at, Tensor values, LongTensor ids) {
    int found = x.top.found(lane);
    for (int rank = 0; rank < best; rank++) {
      float weight =
          rank < found ? (float) Math.exp(x.top.score(lane, rank) - x.m[lane]) / x.l[lane] : 0f;
      values.set(at + rank, weight);
      ids.set(at + rank, rank < found ? x.top.key(lane, rank) : -1);
    }
  }

  private void poolRows(Panel x, int g, long head, int panel) {
    Capture.Pooled grid = plan.pooled;
    if (grid == null) {
      return;
    }
    // Panels of a head follow each other, also where a panel holds several heads.
    int number = panel % (cellSlots - grid.rows());
    for (int i = 0; i < x.groupCount[g]; i++) {
      int lane = x.groupLane[g] + i;
      float sum = x.l[lane];
      if (sum == 0) {
        continue;
      }
      int row = cell(x.groupFirst[g] + i, grid.rows(), queries);
      int slot = (int) head * cellSlots + number + row;
      cellRows[slot] = row;
      int to = slot * grid.columns();
      for (int c = 0; c < grid.columns(); c++) {
        cells[to + c] += x.pooled[c * x.width + lane] / sum;
      }
    }
  }

  /// Puts zeros where no key is.
  void clearWeights(Panel x) {
    if (weights == null) {
      return;
    }
    for (int g = 0; g < x.groups; g++) {
      long row = ((long) x.batch * queryHeads + x.groupHead[g]) * queries + x.groupFirst[g];
      weights.segment().asSlice(4 * row * keys, 4L * x.groupCount[g] * keys).fill((byte) 0);
    }
  }

  /// Writes the weights of a tile.
  void weights(Panel x) {
    if (weights == null) {
      return;
    }
    for (int g = 0; g < x.groups; g++) {
      long first = ((long) x.batch * queryHeads + x.groupHead[g]) * queries + x.groupFirst[g];
      for (int i = 0; i < x.groupCount[g]; i++) {
        long to = (first + i) * keys;
        int at = x.groupLane[g] + i;
        for (int row = 0; row < x.rows; row++, at += x.width) {
          weights.segment().setAtIndex(ValueLayout.JAVA_FLOAT, to + x.keys[row], x.s[at]);
        }
      }
    }
  }

  /// Joins the partial sums of pooled weights, in the order of the panels.
  void finish(PairwiseInputs in, WorkerPool pool) {
    Capture.Pooled grid = plan.pooled;
    if (grid == null || pooled == null) {
      return;
    }
    Tensor into = pooled;
    int columns = grid.columns();
    pool.run(
        in.batch() * queryHeads,
        (head, worker) -> {
          for (int r = 0; r < grid.rows(); r++) {
            long count = (r + 1L) * queries / grid.rows() - (long) r * queries / grid.rows();
            for (int c = 0; c < columns; c++) {
              float sum = 0;
              for (int p = 0; p < cellSlots - grid.rows(); p++) {
                int slot = head * cellSlots + p + r;
                if (cellRows[slot] == r) {
                  sum += cells[slot * columns + c];
                }
              }
              into.set(((long) head * grid.rows() + r) * columns + c, count == 0 ? 0 : sum / count);
            }
          }
        });
  }
}
