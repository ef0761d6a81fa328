package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import java.util.ArrayList;
import java.util.List;

/// How differently heads look: the mean Jensen-Shannon divergence of their rows, after Clark et al.
/// 2019 (arXiv:1906.04341), section 6.
///
/// `JS(p, q) = H((p+q)/2) - (H(p)+H(q))/2` in nats, from 0 (the same) to `ln 2` (nowhere the same).
/// Rows that are empty in either head do not count. Only heads of the same kind over the same
/// queries and keys can be compared.
public final class HeadDistances {
  /// Large models and long texts are sampled, by evenly spaced rows: this many cells are compared.
  private static final double MOST_CELLS = 1.2e8;

  private static final int LEAST_ROWS = 8;

  /// Closer than this on average, and one of the two heads adds little.
  public static final double REDUNDANT = 0.02;

  private final List<HeadId> heads;
  private final double[][] distances;
  private final int rows;
  private final int ofRows;

  private HeadDistances(List<HeadId> heads, double[][] distances, int rows, int ofRows) {
    this.heads = heads;
    this.distances = distances;
    this.rows = rows;
    this.ofRows = ofRows;
  }

  /// The distances between all heads of the maps that have the kind and the size of `like`.
  public static HeadDistances of(AttentionTrace trace, AttentionMap like) {
    List<HeadId> heads = new ArrayList<>();
    List<HeadWeights> weights = new ArrayList<>();
    for (AttentionMap map : trace.maps()) {
      if (map.label().kind() == like.label().kind()
          && map.queries().size() == like.queries().size()
          && map.keys().size() == like.keys().size()) {
        for (int head = 0; head < map.heads(); head++) {
          heads.add(new HeadId(map.label(), head));
          weights.add(HeadWeights.of(map, head));
        }
      }
    }
    int queries = like.queries().size();
    double cellsPerRow = 0.5 * heads.size() * heads.size() * like.keys().size();
    int rows = Math.min(queries, Math.max(LEAST_ROWS, (int) (MOST_CELLS / cellsPerRow)));
    Sums sums = new Sums(weights.size(), like.keys().size());
    for (int sample = 0; sample < rows; sample++) {
      sums.add(weights, (int) ((long) sample * queries / rows + queries / (2L * rows)));
    }
    return new HeadDistances(heads, sums.means(), rows, queries);
  }

  /// The heads, in the order of the axes.
  public List<HeadId> heads() {
    return heads;
  }

  /// `[heads][heads]`, symmetric, 0 on the diagonal.
  public double[][] matrix() {
    return distances;
  }

  /// How many rows were compared.
  public int rows() {
    return rows;
  }

  /// How many rows there are.
  public int ofRows() {
    return ofRows;
  }

  /// Two heads that look almost the same.
  ///
  /// @param first one head
  /// @param second the other
  /// @param distance their distance in nats
  public record Pair(HeadId first, HeadId second, double distance) {}

  /// The pairs closer than [#REDUNDANT], closest first: either could be pruned without losing much
  /// of what is looked at.
  public List<Pair> redundant() {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < heads.size(); i++) {
      for (int j = i + 1; j < heads.size(); j++) {
        if (distances[i][j] < REDUNDANT) {
          pairs.add(new Pair(heads.get(i), heads.get(j), distances[i][j]));
        }
      }
    }
    pairs.sort(java.util.Comparator.comparingDouble(Pair::distance));
    return pairs;
  }

  /// Running sums over rows for all pairs of heads.
  private static final class Sums {
    private final double[][] sums;
    private final int[][] counts;
    private final float[][] rows;
    private final double[] entropies;
    private final boolean[] empty;

    Sums(int heads, int keys) {
      sums = new double[heads][heads];
      counts = new int[heads][heads];
      rows = new float[heads][keys];
      entropies = new double[heads];
      empty = new boolean[heads];
    }

    void add(List<HeadWeights> weights, int query) {
      for (int head = 0; head < rows.length; head++) {
        weights.get(head).row(query, rows[head]);
        double total = 0;
        entropies[head] = 0;
        for (float weight : rows[head]) {
          total += weight;
          entropies[head] += minusXLogX(weight);
        }
        empty[head] = total == 0;
      }
      for (int i = 0; i < rows.length; i++) {
        for (int j = 0; j < i; j++) {
          if (!empty[i] && !empty[j]) {
            sums[i][j] += Math.max(0, divergence(i, j));
            counts[i][j]++;
          }
        }
      }
    }

    private double divergence(int i, int j) {
      double mixed = 0;
      for (int key = 0; key < rows[i].length; key++) {
        mixed += minusXLogX(0.5 * ((double) rows[i][key] + rows[j][key]));
      }
      return mixed - 0.5 * (entropies[i] + entropies[j]);
    }

    double[][] means() {
      double[][] means = new double[sums.length][sums.length];
      for (int i = 0; i < sums.length; i++) {
        for (int j = 0; j < i; j++) {
          means[i][j] = counts[i][j] == 0 ? 0 : sums[i][j] / counts[i][j];
          means[j][i] = means[i][j];
        }
      }
      return means;
    }

    private static double minusXLogX(double x) {
      return x > 0 ? -x * Math.log(x) : 0;
    }
  }
}
