package io.github.attention4j.cpu.structure;

import java.util.Arrays;

/// All dependency trees, by the matrix-tree theorem, eliminated without a single subtraction.
///
/// Let $A_{mh} = e^{s_{mh}}$. The Laplacian of the theorem describes a random walk from word to
/// head, killed at the root symbol. Eliminating words one by one (as Grassmann, Taksar and Heyman
/// do for Markov chains, 1985) takes each pivot as a sum of what leaves the word, so that nothing
/// cancels, and $\ln \det$ is the sum of the pivots' logarithms. With all words but $m$ eliminated,
/// the walk from $h$ reaches the root symbol before $m$ with probability $\epsilon_h$, and
///
/// $$p(\text{head}(m) = h) = \frac{A_{mh}\, \epsilon_h}{A_{m0} + \sum_{h'} A_{mh'}\,
/// \epsilon_{h'}}.$$
///
/// This is what Koo et al. write as differences of entries of the inverse. Since every operation is
/// a sum, product or quotient of positive numbers it can be done in log space, at any size of the
/// scores. Leaving each word out in turn costs $O(n^3)$ in all: half of the words is eliminated,
/// then the procedure recurses into the other half.
///
/// With a single root, arcs from the root symbol weigh an infinitesimal more than nothing: the
/// leading order counts the trees with one of them. Hence escapes are kept in two orders, `certain`
/// and `slight`.
public final class NonProjectiveTrees implements TreeMarginals {
  private final boolean singleRoot;

  /// Trees with exactly one word on the root symbol, or with any number of them.
  public NonProjectiveTrees(boolean singleRoot) {
    this.singleRoot = singleRoot;
  }

  @Override
  public double weigh(double[][] scores, double[][] weights) {
    for (double[] row : weights) {
      Arrays.fill(row, 0);
    }
    Words words = Words.of(scores);
    if (words.count() == 0) {
      return LogSpace.ZERO;
    }
    Walk walk = new Walk(words.score, singleRoot);
    double logPartition = walk.copy().partition();
    if (logPartition != LogSpace.ZERO) {
      walk.leaveOneOut(0, words.count(), words, weights);
    }
    return logPartition;
  }

  /// The walk from word to head, partly eliminated; all entries are logarithms.
  private static final class Walk {
    private final double[][] to;
    private final double[] certain;
    private final double[] slight;
    private final boolean[] gone;
    private final boolean singleRoot;

    Walk(double[][] score, boolean singleRoot) {
      int n = score.length;
      this.singleRoot = singleRoot;
      to = new double[n][n];
      certain = new double[n];
      slight = new double[n];
      gone = new boolean[n];
      for (int m = 0; m < n; m++) {
        System.arraycopy(score[m], 1, to[m], 0, n);
        certain[m] = singleRoot ? LogSpace.ZERO : score[m][0];
        slight[m] = singleRoot ? score[m][0] : LogSpace.ZERO;
      }
    }

    private Walk(Walk other) {
      to = Arrays.stream(other.to).map(double[]::clone).toArray(double[][]::new);
      certain = other.certain.clone();
      slight = other.slight.clone();
      gone = other.gone.clone();
      singleRoot = other.singleRoot;
    }

    Walk copy() {
      return new Walk(this);
    }

    /// Eliminates everything; the logarithm of the sum over trees.
    double partition() {
      double sum = 0;
      int slightPivots = 0;
      for (int x = 0; x < to.length; x++) {
        double pivot = pivot(x);
        if (pivot == LogSpace.ZERO) {
          pivot = slight[x];
          slightPivots++;
        }
        sum += pivot;
        eliminate(x);
      }
      // One infinitesimal factor stands for one arc from the root symbol.
      return sum == LogSpace.ZERO || (singleRoot && slightPivots != 1) ? LogSpace.ZERO : sum;
    }

    /// All that leaves `x` for words that are still there, or for the root symbol.
    private double pivot(int x) {
      double sum = certain[x];
      for (int z = 0; z < to.length; z++) {
        if (z != x && !gone[z]) {
          sum = LogSpace.add(sum, to[x][z]);
        }
      }
      return sum;
    }

    /// Replaces paths through `x` by direct ones, for words that are gone too.
    private void eliminate(int x) {
      double pivot = pivot(x);
      gone[x] = true;
      for (int y = 0; y < to.length; y++) {
        double through = to[y][x] - pivot;
        if (y == x || to[y][x] == LogSpace.ZERO) {
          continue;
        }
        if (pivot == LogSpace.ZERO) {
          // Nothing but the root symbol is left for x: slight as the arc is, the walk takes it.
          if (slight[x] != LogSpace.ZERO) {
            certain[y] = LogSpace.add(certain[y], to[y][x]);
          }
          continue;
        }
        for (int z = 0; z < to.length; z++) {
          if (z != y && !gone[z]) {
            to[y][z] = LogSpace.add(to[y][z], through + to[x][z]);
          }
        }
        certain[y] = LogSpace.add(certain[y], through + certain[x]);
        slight[y] = LogSpace.add(slight[y], through + slight[x]);
      }
    }

    void leaveOneOut(int from, int end, Words words, double[][] weights) {
      if (end - from == 1) {
        marginals(from, words, weights);
        return;
      }
      int middle = (from + end) >>> 1;
      Walk first = copy();
      for (int x = middle; x < end; x++) {
        first.eliminate(x);
      }
      first.leaveOneOut(from, middle, words, weights);
      for (int x = from; x < middle; x++) {
        eliminate(x);
      }
      leaveOneOut(middle, end, words, weights);
    }

    /// The heads of `m`, all other words being gone.
    private void marginals(int m, Words words, double[][] weights) {
      int n = to.length;
      double[] terms = new double[n + 1];
      boolean anyCertain = false;
      for (int h = 0; h < n && !anyCertain; h++) {
        anyCertain =
            h != m && words.score[m][h + 1] != LogSpace.ZERO && escape(h, m, true) != LogSpace.ZERO;
      }
      boolean leading = anyCertain || !singleRoot;
      terms[0] = singleRoot && leading ? LogSpace.ZERO : words.score[m][0];
      double sum = terms[0];
      for (int h = 0; h < n; h++) {
        terms[h + 1] =
            h == m || words.score[m][h + 1] == LogSpace.ZERO
                ? LogSpace.ZERO
                : words.score[m][h + 1] + escape(h, m, leading);
        sum = LogSpace.add(sum, terms[h + 1]);
      }
      for (int h = 0; h <= n; h++) {
        weights[words.rows[m]][words.head(h)] = LogSpace.share(terms[h], sum);
      }
    }

    /// That the walk from `h` reaches the root symbol before `m`, in the order asked for.
    private double escape(int h, int m, boolean leading) {
      double leaves = LogSpace.add(to[h][m], certain[h]);
      if (leaves == LogSpace.ZERO) {
        return leading && slight[h] != LogSpace.ZERO ? 0 : LogSpace.ZERO;
      }
      return (leading ? certain[h] : slight[h]) - leaves;
    }
  }
}
