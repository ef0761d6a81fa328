package io.github.attention4j.viz.analysis;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The published scores of one head, exactly by their definitions and without baselines; see
/// [HeadAnalysis] for those.
///
/// Weights `a[i, j]` are taken as stored, query `i` at key `j`; `t[i]` is the token at `i`. All
/// means are over rows.
///
/// - *entropy*: `-Σ_j a_ij ln a_ij` in nats, `0 ln 0 = 0` (Clark et al. 2019, arXiv:1906.04341)
/// - *distance*: `Σ_j a_ij |i-j|` (Vig & Belinkov 2019, arXiv:1906.04284)
/// - *confidence*: `max_j a_ij` (Voita et al. 2019, arXiv:1905.09418)
/// - *previous*: `a[i, i-1]` over the rows `i >= 1`
/// - *duplicate*: `Σ a_ij` over `j < i` with `t[j] = t[i]`, over the rows that have such a `j`; 0
///   if none has
/// - *induction*: `Σ a_ij` over `1 <= j <= i` with `t[j-1] = t[i]` and `j-1 < i`, over the rows
///   that have such a `j`; 0 if none has (Olsson et al. 2022, arXiv:2209.11895)
/// - *share* of previous, duplicate and induction: `Σ pattern · a / Σ a`, the measure `mul` of
///   TransformerLens' head detector
///
/// @param entropy mean entropy of a row, in nats
/// @param distance mean distance looked at, in positions
/// @param confidence mean of the largest weight of a row
/// @param previous previous-token score
/// @param duplicate duplicate-token score
/// @param induction induction score
/// @param previousShare previous-token share of all weight
/// @param duplicateShare duplicate-token share of all weight
/// @param inductionShare induction share of all weight
public record HeadMetrics(
    double entropy,
    double distance,
    double confidence,
    double previous,
    double duplicate,
    double induction,
    double previousShare,
    double duplicateShare,
    double inductionShare) {

  /// The scores of a head over these tokens; equal numbers are equal tokens.
  ///
  /// @param tokens one per position; the weights are square
  public static HeadMetrics of(HeadWeights head, long[] tokens) {
    int length = head.queries();
    if (head.keys() != length || tokens.length != length) {
      throw new IllegalArgumentException(
          "tokens: expected square weights and one token per position, got ["
              + length
              + ", "
              + head.keys()
              + "] and "
              + tokens.length
              + " tokens");
    }
    double total = 0;
    double distance = 0;
    double confidence = 0;
    double previous = 0;
    Mean duplicate = new Mean();
    Mean induction = new Mean();
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      head.row(i, row);
      double duplicates = 0;
      double inductions = 0;
      boolean anyDuplicate = false;
      boolean anyInduction = false;
      double largest = 0;
      for (int j = 0; j < length; j++) {
        double weight = row[j];
        total += weight;
        distance += weight * Math.abs(i - j);
        largest = Math.max(largest, weight);
        if (j < i && tokens[j] == tokens[i]) {
          anyDuplicate = true;
          duplicates += weight;
        }
        if (j >= 1 && j <= i && tokens[j - 1] == tokens[i]) {
          anyInduction = true;
          inductions += weight;
        }
      }
      confidence += largest;
      if (i >= 1) {
        previous += row[i - 1];
      }
      duplicate.add(duplicates, anyDuplicate);
      induction.add(inductions, anyInduction);
    }
    return new HeadMetrics(
        ratio(Arrays.stream(entropyRows(head)).sum(), length),
        ratio(distance, length),
        ratio(confidence, length),
        ratio(previous, length - 1),
        duplicate.mean(),
        induction.mean(),
        ratio(previous, total),
        ratio(duplicate.sum, total),
        ratio(induction.sum, total));
  }

  /// The entropy of every row in nats, `-Σ_j a_ij ln a_ij`.
  public static double[] entropyRows(HeadWeights head) {
    double[] entropies = new double[head.queries()];
    float[] row = new float[head.keys()];
    for (int query = 0; query < entropies.length; query++) {
      head.row(query, row);
      double sum = 0;
      for (float weight : row) {
        if (weight > 0) {
          sum += weight * Math.log(weight);
        }
      }
      // 0 - x rather than -x: a row with one weight of 1 has entropy +0.
      entropies[query] = 0 - sum;
    }
    return entropies;
  }

  /// Numbers for texts: equal texts get equal numbers.
  public static long[] identities(List<String> texts) {
    Map<String, Long> seen = new HashMap<>();
    return texts.stream()
        .mapToLong(text -> seen.computeIfAbsent(text, ignored -> (long) seen.size()))
        .toArray();
  }

  private static double ratio(double sum, double count) {
    return count > 0 ? sum / count : 0;
  }

  private static final class Mean {
    private double sum;
    private int rows;

    void add(double value, boolean counts) {
      if (counts) {
        sum += value;
        rows++;
      }
    }

    double mean() {
      return ratio(sum, rows);
    }
  }
}
