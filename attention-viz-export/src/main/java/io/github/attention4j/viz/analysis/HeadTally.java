package io.github.attention4j.viz.analysis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What has been seen of one head so far: sums over texts, mergeable in any grouping.
///
/// Not thread-safe: one thread adds; others merge finished tallies.
public final class HeadTally {
  /// How many cells are kept as evidence per role.
  static final int KEPT_CELLS = 3;

  private static final Comparator<Cell> STRONGEST =
      Comparator.comparingDouble(Cell::weight)
          .reversed()
          .thenComparingLong(Cell::text)
          .thenComparingInt(Cell::query)
          .thenComparingInt(Cell::key);

  long rows;
  double entropy;
  double distance;
  double confidence;
  final Map<Role, Tally> roles = new EnumMap<>(Role.class);
  final Map<Role, List<Cell>> cells = new EnumMap<>(Role.class);

  /// Per offset `key - query`: rows whose largest weight stands there, and rows expected there by
  /// chance.
  final Map<Integer, Tally> offsets = new TreeMap<>();

  /// Per offset the strongest of the rows whose largest weight stands there.
  final Map<Integer, Cell> offsetCells = new TreeMap<>();

  HeadTally() {}

  /// Adds one row's score for a role, and the cell that shows it best.
  void addRole(Role role, double score, double baseline, Cell strongest) {
    roles.merge(role, Tally.EMPTY.add(score, baseline), Tally::plus);
    List<Cell> kept = cells.computeIfAbsent(role, ignored -> new ArrayList<>());
    if (kept.size() < KEPT_CELLS || strongest.weight() > kept.getLast().weight()) {
      kept.add(strongest);
      keepStrongest(kept);
    }
  }

  /// Adds how often the largest weight of a row stood at each offset; offset 0 stands at index
  /// [Support#queries].
  void addOffsets(long[] hits, Support support) {
    double[] chances = support.offsetChances();
    for (int i = 0; i < hits.length; i++) {
      if (hits[i] > 0 || chances[i] > 0) {
        offsets.merge(
            i - support.queries(), new Tally(hits[i], hits[i], chances[i], 0), Tally::plus);
      }
    }
  }

  /// Adds a row's largest weight as evidence for its offset.
  void addLargest(Cell cell) {
    offsetCells.merge(cell.key() - cell.query(), cell, HeadTally::stronger);
  }

  private static Cell stronger(Cell kept, Cell other) {
    return STRONGEST.compare(kept, other) <= 0 ? kept : other;
  }

  private static void keepStrongest(List<Cell> kept) {
    kept.sort(STRONGEST);
    if (kept.size() > KEPT_CELLS) {
      kept.removeLast();
    }
  }

  /// Adds what another tally of the same head has seen.
  void merge(HeadTally other) {
    rows += other.rows;
    entropy += other.entropy;
    distance += other.distance;
    confidence += other.confidence;
    other.roles.forEach((role, tally) -> roles.merge(role, tally, Tally::plus));
    other.offsets.forEach((offset, tally) -> offsets.merge(offset, tally, Tally::plus));
    other.offsetCells.values().forEach(this::addLargest);
    other.cells.forEach((role, found) -> {
      List<Cell> kept = cells.computeIfAbsent(role, ignored -> new ArrayList<>());
      for (Cell cell : found) {
        kept.add(cell);
        keepStrongest(kept);
      }
    });
  }

  /// The same with the numbers of the texts moved up.
  HeadTally renumbered(long by) {
    HeadTally copy = new HeadTally();
    copy.merge(this);
    copy.cells.replaceAll(
        (role, found) -> new ArrayList<>(found.stream().map(cell -> cell.renumbered(by)).toList()));
    copy.offsetCells.replaceAll((offset, cell) -> cell.renumbered(by));
    return copy;
  }

  /// Mean entropy of a row in nats.
  public double entropy() {
    return rows == 0 ? 0 : entropy / rows;
  }

  /// Mean distance looked at in positions.
  public double distance() {
    return rows == 0 ? 0 : distance / rows;
  }

  /// Mean of the largest weight of a row.
  public double confidence() {
    return rows == 0 ? 0 : confidence / rows;
  }

  /// The scores of this head for every role that could show.
  List<RoleScore> scores(HeadId head) {
    List<RoleScore> scores = new ArrayList<>();
    roles.forEach((role, tally) ->
        scores.add(new RoleScore(head, role, "", tally, cells.getOrDefault(role, List.of()))));
    long informative = offsets.values().stream().mapToLong(Tally::rows).sum();
    offsets.entrySet().stream()
        .max(
            Comparator.comparingLong((Map.Entry<Integer, Tally> offset) -> offset.getValue().rows())
                .thenComparingInt(offset -> -Math.abs(offset.getKey())))
        .filter(offset -> informative > 0)
        .ifPresent(offset ->
            scores.add(positional(head, offset.getKey(), offset.getValue(), informative)));
    return scores;
  }

  /// A row either has its largest weight at the offset or not, so the squares follow from the
  /// counts: `Σ (hit - p)²` with the mean chance `p`.
  private RoleScore positional(HeadId head, int offset, Tally found, long informative) {
    Cell shown = offsetCells.get(offset);
    double hits = found.rows();
    double chance = found.baseline() / informative;
    double squares = hits * (1 - chance) * (1 - chance) + (informative - hits) * chance * chance;
    return new RoleScore(
        head,
        Role.POSITIONAL,
        "offset " + (offset > 0 ? "+" : "") + offset,
        new Tally(informative, hits, found.baseline(), squares),
        shown == null ? List.of() : List.of(shown));
  }
}
