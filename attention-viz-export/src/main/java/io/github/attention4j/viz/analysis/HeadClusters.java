package io.github.attention4j.viz.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Groups of heads that look alike: agglomerative clustering with average linkage, cut at a
/// distance.
public final class HeadClusters {
  private HeadClusters() {}

  /// The number of the cluster of each head, from 0, the largest cluster first.
  ///
  /// @param distances symmetric, `[n][n]`
  /// @param cut clusters farther apart than this stay apart
  public static int[] of(double[][] distances, double cut) {
    List<List<Integer>> clusters = new ArrayList<>();
    double[][] between = new double[distances.length][];
    for (int i = 0; i < distances.length; i++) {
      clusters.add(new ArrayList<>(List.of(i)));
      between[i] = distances[i].clone();
    }
    while (merge(clusters, between, cut)) {
      // One pair at a time, until none is close enough.
    }
    List<List<Integer>> left = new ArrayList<>(clusters);
    left.removeIf(List::isEmpty);
    left.sort(
        Comparator.comparingInt((List<Integer> cluster) -> -cluster.size())
            .thenComparingInt(cluster -> cluster.getFirst()));
    int[] numbers = new int[distances.length];
    for (int number = 0; number < left.size(); number++) {
      for (int member : left.get(number)) {
        numbers[member] = number;
      }
    }
    return numbers;
  }

  /// A cut where the clusters are clearly separate: half the mean distance.
  public static double naturalCut(double[][] distances) {
    int n = distances.length;
    double sum = Arrays.stream(distances).flatMapToDouble(Arrays::stream).sum();
    return n < 2 ? 0 : 0.5 * sum / ((double) n * (n - 1));
  }

  private static boolean merge(List<List<Integer>> clusters, double[][] between, double cut) {
    int first = -1;
    int second = -1;
    double closest = cut;
    for (int i = 0; i < clusters.size(); i++) {
      for (int j = i + 1; j < clusters.size() && !clusters.get(i).isEmpty(); j++) {
        if (!clusters.get(j).isEmpty() && between[i][j] < closest) {
          closest = between[i][j];
          first = i;
          second = j;
        }
      }
    }
    if (first < 0) {
      return false;
    }
    double left = clusters.get(first).size();
    double right = clusters.get(second).size();
    for (int k = 0; k < clusters.size(); k++) {
      double mean = (left * between[first][k] + right * between[second][k]) / (left + right);
      between[first][k] = mean;
      between[k][first] = mean;
    }
    clusters.get(first).addAll(clusters.get(second));
    clusters.get(second).clear();
    return true;
  }
}
