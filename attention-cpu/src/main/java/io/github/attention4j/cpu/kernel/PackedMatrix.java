package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.BLOCK;
import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.MAX_PANEL;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// A weight matrix `[out, in]` packed once into panels of output channels, for $y = x W^\top + b$.
///
/// Rows of $x$ are broadcast, output channels stand in lanes: the micro-kernel is the one that
/// scores keys. A panel stays in the second-level cache while all rows pass by it.
public final class PackedMatrix {
  /// Rows whose results wait in the first-level cache to be written out.
  private static final int ROWS = 64;

  /// Rows that a panel is not read anew for: what all of them take is long beside one reading from
  /// memory.
  private static final int STAY = 256;

  /// Between rows of $x$ in the workspace: rows that start in the same set of a cache would drive
  /// each other, and the panel, out of it.
  private static final int GAP = 16;

  private final int in;
  private final int out;
  private final float[] panels;
  private final float @Nullable [] bias;

  /// Packs `weight`, row after row `[out][in]`.
  public PackedMatrix(float[] weight, int out, int in, float @Nullable [] bias) {
    this.in = in;
    this.out = out;
    this.bias = bias == null ? null : Arrays.copyOf(bias, Lanes.roundUp(out, LENGTH));
    panels = new float[Math.multiplyExact(Lanes.roundUp(out, LENGTH), in)];
    for (int first = 0; first < out; first += MAX_PANEL) {
      int width = width(first);
      int start = first * in;
      for (int o = first; o < Math.min(out, first + width); o++) {
        for (int i = 0; i < in; i++) {
          panels[start + i * width + o - first] = weight[o * in + i];
        }
      }
    }
  }

  private int width(int first) {
    return Math.min(MAX_PANEL, Lanes.roundUp(out - first, LENGTH));
  }

  /// Columns of the result.
  public int out() {
    return out;
  }

  /// Elements of a row of $x$.
  public int in() {
    return in;
  }

  /// What the workers of one run at a time write before it goes out; reused.
  public static final class Workspace {
    private float[][] results = new float[0][];
    private MemorySegment x = MemorySegment.NULL;
    private int[] starts = new int[0];

    /// The rows of $x$, at least this many elements.
    public MemorySegment x(int elements) {
      if (x.byteSize() < 4L * elements) {
        x = Arena.ofAuto().allocate(4L * elements, 4L * LENGTH);
      }
      return x;
    }

    /// Elements from the start of one row to the next where rows of `in` elements do not overlap.
    public static int stride(int in) {
      return in + GAP;
    }

    /// Where rows start, rounded up to whole blocks.
    public int[] starts(int rows) {
      int length = Lanes.roundUp(rows, BLOCK);
      if (starts.length < length) {
        starts = new int[length];
      }
      return starts;
    }

    private void prepare(int workers) {
      if (results.length < workers) {
        results = new float[workers][ROWS * MAX_PANEL];
      }
    }
  }

  /// Computes all rows.
  ///
  /// @param space holds $x$ and where its rows start
  /// @param y the result, `[rows, out]` from element `at`
  public void multiply(Workspace space, int rows, MemorySegment y, long at, WorkerPool pool) {
    if (rows == 0 || out == 0) {
      return;
    }
    // Rows beyond the last repeat it; their results are not written.
    Arrays.fill(space.starts, rows, Lanes.roundUp(rows, BLOCK), space.starts[rows - 1]);
    space.prepare(pool.threads());
    int columns = (out + MAX_PANEL - 1) / MAX_PANEL;
    int least = columns < 4 * pool.threads() ? ROWS : STAY;
    int chunk = Lanes.roundUp(Math.max(least, (rows + 3) / 4), ROWS);
    int chunks = (rows + chunk - 1) / chunk;
    WorkerPool.Body body =
        (task, worker) ->
            panel(
                space,
                task / chunks * MAX_PANEL,
                task % chunks * chunk,
                Math.min(rows, (task % chunks + 1) * chunk),
                y,
                at,
                space.results[worker]);
    // Below some ten microseconds of work, waking others costs more than it saves.
    if ((long) rows * in * out < 300_000) {
      for (int task = 0; task < columns * chunks; task++) {
        body.run(task, 0);
      }
    } else {
      pool.run(columns * chunks, body);
    }
  }

  private void panel(
      Workspace space, int first, int from, int to, MemorySegment y, long at, float[] results) {
    int width = width(first);
    for (int row = from; row < to; row += ROWS) {
      int count = Math.min(ROWS, to - row);
      ScoreKernel.run(
          space.x, 0, space.starts, row, count, panels, first * in, width / LENGTH, in, results);
      for (int r = 0; r < count; r++) {
        write(results, r * width, first, y, at + (long) (row + r) * out + first);
      }
    }
  }

  private void write(float[] results, int from, int first, MemorySegment y, long to) {
    if (!y.isNative()) {
      throw Lanes.notNative();
    }
    int count = Math.min(MAX_PANEL, out - first);
    int c = 0;
    for (; c + LENGTH <= count; c += LENGTH) {
      FloatVector sum = FloatVector.fromArray(SPECIES, results, from + c);
      if (bias != null) {
        sum = sum.add(FloatVector.fromArray(SPECIES, bias, first + c));
      }
      sum.intoMemorySegment(y, 4 * (to + c), ByteOrder.nativeOrder());
    }
    for (; c < count; c++) {
      float sum = results[from + c] + (bias == null ? 0 : bias[first + c]);
      y.setAtIndex(ValueLayout.JAVA_FLOAT, to + c, sum);
    }
  }
}
