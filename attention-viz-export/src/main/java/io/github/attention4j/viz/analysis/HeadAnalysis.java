package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What every head of a model does, over one text or many.
///
/// Every score stands beside its baseline and the cells that show it. The baseline is what
/// attention spread evenly over the keys the mask allows would score; for roles that mean the same
/// keys for every query it is what the head's other preferred keys get, if that is more. Analyses
/// of different texts [merge][#merge], in any grouping and with the same result up to rounding.
/// Memory does not grow with the number of texts. Not thread-safe while texts are added.
public final class HeadAnalysis {
  private final Map<HeadId, HeadTally> heads;
  private long texts;

  private HeadAnalysis(Map<HeadId, HeadTally> heads, long texts) {
    this.heads = heads;
    this.texts = texts;
  }

  /// An analysis of no text yet.
  public static HeadAnalysis empty() {
    return new HeadAnalysis(new LinkedHashMap<>(), 0);
  }

  /// The analysis of one trace.
  public static HeadAnalysis of(AttentionTrace trace) {
    HeadAnalysis analysis = empty();
    analysis.add(trace);
    return analysis;
  }

  static HeadAnalysis of(Map<HeadId, HeadTally> heads, long texts) {
    return new HeadAnalysis(new LinkedHashMap<>(heads), texts);
  }

  /// Adds the trace of one more text.
  public void add(AttentionTrace trace) {
    record Sides(Labels queries, Labels keys, boolean same) {}
    Map<Sides, TokenPatterns> patterns = new HashMap<>();
    for (AttentionMap map : trace.maps()) {
      Support support = Support.of(map.weights());
      TokenPatterns cells =
          patterns.computeIfAbsent(
              new Sides(map.queries(), map.keys(), Sequences.same(map)),
              sides -> TokenPatterns.of(sides.queries(), sides.keys(), sides.same()));
      for (int head = 0; head < map.heads(); head++) {
        new HeadReader(map, head, support, cells, texts)
            .into(heads.computeIfAbsent(new HeadId(map.label(), head), ignored -> new HeadTally()));
      }
    }
    texts++;
  }

  /// Adds what another analysis of the same model has seen. Its text numbers continue after this
  /// one's.
  public void merge(HeadAnalysis other) {
    long before = texts;
    other.heads.forEach((head, tally) ->
        heads
            .computeIfAbsent(head, ignored -> new HeadTally())
            .merge(before == 0 ? tally : tally.renumbered(before)));
    texts += other.texts;
  }

  /// How many texts were seen.
  public long texts() {
    return texts;
  }

  /// The heads in the order they were met.
  public Map<HeadId, HeadTally> heads() {
    return Collections.unmodifiableMap(heads);
  }

  /// All scores, the largest surprise first.
  public List<RoleScore> scores() {
    List<RoleScore> scores = new ArrayList<>();
    heads.forEach((head, tally) -> scores.addAll(tally.scores(head)));
    scores.sort(
        Comparator.comparingDouble(RoleScore::surprise)
            .reversed()
            .thenComparing(score -> score.head().label().kind())
            .thenComparingInt(score -> score.head().label().layer())
            .thenComparingInt(score -> score.head().head())
            .thenComparing(RoleScore::role));
    return scores;
  }

  /// The roles that heads really have: the [scores][#scores] that are [above their
  /// baseline][RoleScore#aboveBaseline].
  public List<RoleScore> roles() {
    return scores().stream().filter(RoleScore::aboveBaseline).toList();
  }
}
