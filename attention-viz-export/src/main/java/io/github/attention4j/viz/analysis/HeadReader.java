package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reads one head of one map into a tally, row by row.
///
/// What a role's score is compared with, per row: the share of the allowed keys that are the
/// role's, which is what an even spread gives it. A role that means the same keys for every query
/// (first, separator, punctuation) is also compared with the keys this head prefers otherwise: as
/// many of them as the role has. A head that stares at arbitrary columns stares at the first one by
/// chance as well.
final class HeadReader {
  private final AttentionMap map;
  private final HeadWeights weights;
  private final Support support;
  private final TokenPatterns patterns;
  private final long text;
  private final float[] row;

  HeadReader(AttentionMap map, int head, Support support, TokenPatterns patterns, long text) {
    this.map = map;
    this.weights = HeadWeights.of(map, head);
    this.support = support;
    this.patterns = patterns;
    this.text = text;
    this.row = new float[weights.keys()];
  }

  void into(HeadTally tally) {
    Map<Role, boolean[]> rivals = rivals();
    int[] everyKey = IntStream.range(0, weights.keys()).toArray();
    long[] hits = new long[weights.queries() + weights.keys()];
    for (int query = 0; query < weights.queries(); query++) {
      int allowed = support.allowed(query);
      if (allowed == 0) {
        continue;
      }
      weights.row(query, row);
      addRow(tally, query);
      if (allowed < 2) {
        continue; // With one key to look at, every head looks at it.
      }
      for (Role role : Role.values()) {
        int[][] keys = patterns.of(role);
        if (keys != null) {
          addRole(tally, role, keys[query], query, allowed, rivals.get(role));
        }
      }
      int best = strongest(query, everyKey);
      hits[best - query + weights.queries()]++;
      tally.addLargest(cell(query, best));
    }
    tally.addOffsets(hits, support);
  }

  private void addRow(HeadTally tally, int query) {
    double logs = 0;
    double largest = 0;
    for (int key = 0; key < row.length; key++) {
      if (row[key] > 0) {
        logs += row[key] * Math.log(row[key]);
        tally.distance += row[key] * Math.abs(query - key);
        largest = Math.max(largest, row[key]);
      }
    }
    tally.rows++;
    tally.entropy -= logs;
    tally.confidence += largest;
  }

  private void addRole(
      HeadTally tally, Role role, int[] keys, int query, int allowed, boolean @Nullable [] rivals) {
    double score = 0;
    int possible = 0;
    for (int key : keys) {
      if (support.allows(query, key)) {
        possible++;
        score += row[key];
      }
    }
    if (possible == 0 || possible == allowed) {
      return; // The mask decides the row, not the head.
    }
    double baseline = (double) possible / allowed;
    if (rivals != null) {
      double preferred = 0;
      for (int key = 0; key < row.length; key++) {
        preferred += rivals[key] ? row[key] : 0;
      }
      baseline = Math.max(baseline, preferred);
    }
    tally.addRole(role, score, baseline, cell(query, strongest(query, keys)));
  }

  private Cell cell(int query, int key) {
    return new Cell(
        text, query, key, map.queries().texts().get(query), map.keys().texts().get(key), row[key]);
  }

  private int strongest(int query, int[] keys) {
    int best = -1;
    for (int key : keys) {
      if (support.allows(query, key) && (best < 0 || row[key] > row[best])) {
        best = key;
      }
    }
    return best;
  }

  /// Per role of fixed keys: as many other keys, those with the most weight in this head.
  private Map<Role, boolean[]> rivals() {
    Map<Role, boolean[]> rivals = new EnumMap<>(Role.class);
    double[] totals = totals();
    Integer[] byWeight = IntStream.range(0, totals.length).boxed().toArray(Integer[]::new);
    java.util.Arrays.sort(
        byWeight, Comparator.comparingDouble((Integer key) -> totals[key]).reversed());
    for (Role role : Role.values()) {
      int[][] keys = patterns.of(role);
      if (!role.meansFixedKeys() || keys == null || keys.length == 0) {
        continue;
      }
      Set<Integer> own = new HashSet<>();
      for (int key : keys[0]) {
        own.add(key);
      }
      boolean[] others = new boolean[totals.length];
      int left = own.size();
      for (int key : byWeight) {
        if (left > 0 && !own.contains(key)) {
          others[key] = true;
          left--;
        }
      }
      rivals.put(role, others);
    }
    return rivals;
  }

  private double[] totals() {
    double[] totals = new double[weights.keys()];
    for (int query = 0; query < weights.queries(); query++) {
      if (support.allowed(query) >= 2) {
        weights.row(query, row);
        for (int key = 0; key < row.length; key++) {
          totals[key] += row[key];
        }
      }
    }
    return totals;
  }
}
