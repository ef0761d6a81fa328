package io.github.attention4j.cpu.structure;

import java.util.Arrays;

/// [NonProjectiveTrees] with probabilities instead of their logarithms, as long as none of them is
/// lost that counts: the same eliminations, as products of rows, a hundred times as fast.
///
/// The arcs of a word are divided by its best one, which changes no marginal. What falls below
/// [#FAINT] on the way may later be all there is, so then the logarithms have to do. Keeps its
/// arrays between calls; to be used by one thread.
public final class ScaledNonProjectiveTrees implements TreeMarginals {
  /// A sum of at least this much loses nothing to numbers that are too small for a double: each of
  /// these is below 1e-300.
  private static final double FAINT = 1e-60;

  private static final double SMALLEST = 1e-290;

  private final boolean singleRoot;
  private final TreeMarginals logarithms;
  private final Words words = new Words();
  private Level[] levels = new Level[0];
  private double[][] arcs = new double[0][];
  private double[] terms = new double[0];
  private int n;

  /// Trees with exactly one word on the root symbol, or with any number of them.
  public ScaledNonProjectiveTrees(boolean singleRoot) {
    this.singleRoot = singleRoot;
    logarithms = new NonProjectiveTrees(singleRoot);
  }

  @Override
  public double weigh(double[][] scores, double[][] weights) {
    for (double[] row : weights) {
      Arrays.fill(row, 0);
    }
    words.read(scores);
    n = words.count();
    if (n == 0) {
      return LogSpace.ZERO;
    }
    if (arcs.length != n) {
      arcs = new double[n][n + 1];
      terms = new double[n + 1];
    }
    double shift = words.weights(arcs, FAINT);
    if (Double.isNaN(shift)) {
      return logarithms.weigh(scores, weights);
    }
    Level walk = level(0, n);
    walk.start();
    Level all = level(1, n);
    all.copy(walk, 0, n);
    double logPartition = all.partition();
    boolean faint = Double.isNaN(logPartition);
    if (!faint && logPartition != LogSpace.ZERO) {
      faint = !leaveOneOut(0, walk, 0, n, weights);
    }
    return faint ? logarithms.weigh(scores, weights) : logPartition + shift;
  }

  private Level level(int depth, int width) {
    if (levels.length <= depth) {
      int from = levels.length;
      levels = Arrays.copyOf(levels, depth + 1);
      for (int i = from; i <= depth; i++) {
        levels[i] = new Level();
      }
    }
    levels[depth].reserve(n, width);
    return levels[depth];
  }

  /// Eliminates all words but one, for each of `from` to `end` − 1; false if something is faint.
  private boolean leaveOneOut(int depth, Level walk, int from, int end, double[][] weights) {
    if (end - from == 1) {
      return marginals(walk, from, weights);
    }
    int middle = (from + end) >>> 1;
    Level first = level(depth + 1, end - from);
    first.copy(walk, from, end);
    for (int x = middle; x < end; x++) {
      if (!first.eliminate(x, from, middle, x + 1, end)) {
        return false;
      }
    }
    if (!leaveOneOut(depth + 1, first, from, middle, weights)) {
      return false;
    }
    for (int x = from; x < middle; x++) {
      if (!walk.eliminate(x, x, x, x + 1, end)) {
        return false;
      }
    }
    return leaveOneOut(depth, walk, middle, end, weights);
  }

  /// The heads of `m`, all other words being gone.
  private boolean marginals(Level walk, int m, double[][] weights) {
    boolean anyCertain = false;
    for (int h = 0; h < n && !anyCertain; h++) {
      anyCertain = arcs[m][h + 1] > 0 && walk.escape(h, m, true) > 0;
    }
    boolean leading = anyCertain || !singleRoot;
    terms[0] = singleRoot && leading ? 0 : arcs[m][0];
    double sum = terms[0];
    for (int h = 0; h < n; h++) {
      double arc = arcs[m][h + 1];
      terms[h + 1] = arc == 0 ? 0 : arc * walk.escape(h, m, leading);
      sum += terms[h + 1];
    }
    // There are trees, so this word has a head.
    if (!(sum >= FAINT)) {
      return false;
    }
    for (int h = 0; h <= n; h++) {
      weights[words.rows[m]][words.head(h)] = terms[h] / sum;
    }
    return true;
  }

  /// The walk from word to head, partly eliminated, towards the words that are still there.
  private final class Level {
    private double[][] to = new double[0][];
    private double[] certain = new double[0];
    private double[] slight = new double[0];
    private int origin;

    void reserve(int rows, int columns) {
      if (to.length != rows || to[0].length < columns) {
        to = new double[rows][columns];
        certain = new double[rows];
        slight = new double[rows];
      }
    }

    /// Nothing is eliminated.
    void start() {
      origin = 0;
      for (int m = 0; m < n; m++) {
        System.arraycopy(arcs[m], 1, to[m], 0, n);
        certain[m] = singleRoot ? 0 : arcs[m][0];
        slight[m] = singleRoot ? arcs[m][0] : 0;
      }
    }

    /// What another has of words `from` to `end` − 1.
    void copy(Level other, int from, int end) {
      origin = from;
      for (int y = 0; y < n; y++) {
        System.arraycopy(other.to[y], from - other.origin, to[y], 0, end - from);
      }
      System.arraycopy(other.certain, 0, certain, 0, n);
      System.arraycopy(other.slight, 0, slight, 0, n);
    }

    /// Eliminates everything; the logarithm of the sum over trees, NaN if something is faint.
    double partition() {
      double sum = 0;
      int slightPivots = 0;
      for (int x = 0; x < n; x++) {
        double pivot = pivot(x, x, x, x + 1, n);
        if (pivot == 0) {
          pivot = slight[x];
          slightPivots++;
        }
        sum += Math.log(pivot);
        if (!eliminate(x, x, x, x + 1, n)) {
          return Double.NaN;
        }
      }
      // One infinitesimal factor stands for one arc from the root symbol.
      return sum == LogSpace.ZERO || (singleRoot && slightPivots != 1) ? LogSpace.ZERO : sum;
    }

    /// All that leaves `x` for the root symbol or for words that are still there: `from` to `end` −
    /// 1 and `from2` to `end2` − 1.
    private double pivot(int x, int from, int end, int from2, int end2) {
      double sum = certain[x];
      double[] row = to[x];
      for (int z = from - origin; z < end - origin; z++) {
        sum += row[z];
      }
      for (int z = from2 - origin; z < end2 - origin; z++) {
        sum += row[z];
      }
      return sum;
    }

    /// Replaces paths through `x` by direct ones, for words that are gone too; false if something
    /// is faint.
    boolean eliminate(int x, int from, int end, int from2, int end2) {
      double pivot = pivot(x, from, end, from2, end2);
      if (pivot != 0 && !(pivot >= FAINT)) {
        return false;
      }
      for (int y = 0; y < n; y++) {
        double step = to[y][x - origin];
        if (y == x || step == 0) {
          continue;
        }
        if (pivot == 0) {
          // Nothing but the root symbol is left for x: slight as the arc is, the walk takes it.
          if (slight[x] != 0) {
            certain[y] += step;
          }
          continue;
        }
        double through = step / pivot;
        double more = through * certain[x];
        double slightlyMore = through * slight[x];
        if ((more < SMALLEST && certain[x] != 0) || (slightlyMore < SMALLEST && slight[x] != 0)) {
          return false;
        }
        certain[y] += more;
        slight[y] += slightlyMore;
        // No way from a word to itself.
        boolean there = (y >= from && y < end) || (y >= from2 && y < end2);
        double self = there ? to[y][y - origin] : 0;
        add(to[y], through, to[x], from - origin, end - origin);
        add(to[y], through, to[x], from2 - origin, end2 - origin);
        if (there) {
          to[y][y - origin] = self;
        }
      }
      return true;
    }

    /// That the walk from `h` reaches the root symbol before `m`, in the order asked for; NaN if
    /// that is faint.
    double escape(int h, int m, boolean leading) {
      double leaves = to[h][m - origin] + certain[h];
      if (leaves == 0) {
        return leading && slight[h] != 0 ? 1 : 0;
      }
      return leaves >= FAINT ? (leading ? certain[h] : slight[h]) / leaves : Double.NaN;
    }
  }

  private static void add(double[] sum, double factor, double[] row, int from, int end) {
    for (int z = from; z < end; z++) {
      sum[z] += factor * row[z];
    }
  }
}
