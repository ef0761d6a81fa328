package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.network.MapLabel;
import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadAnalysisTests {
  private static RoleScore score(HeadAnalysis analysis, int layer, int head, Role role) {
    return analysis.scores().stream()
        .filter(score ->
            score.role() == role
                && score.head().label().layer() == layer
                && score.head().head() == head)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void findsTheKnownCircuit() {
    HeadAnalysis analysis = HeadAnalysis.of(Traces.induction());
    Set<HeadId> induction =
        analysis.roles().stream()
            .filter(role -> role.role() == Role.INDUCTION)
            .map(RoleScore::head)
            .collect(Collectors.toSet());
    MapLabel last = new MapLabel(Kind.DECODER, 1);
    assertEquals(
        Set.of(new HeadId(last, 0), new HeadId(last, 1), new HeadId(last, 2), new HeadId(last, 3)),
        induction);
    RoleScore previous =
        analysis.roles().stream()
            .filter(role -> role.role() == Role.PREVIOUS)
            .findFirst()
            .orElseThrow();
    assertEquals(new HeadId(new MapLabel(Kind.DECODER, 0), 2), previous.head());
    assertEquals(0.83, previous.score(), 0.02);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void reportsNothingOnceTheWeightsAreShuffled(int seed) {
    HeadAnalysis analysis = HeadAnalysis.of(Traces.shuffled(seed));
    assertFalse(analysis.scores().isEmpty());
    assertEquals(List.of(), analysis.roles());
  }

  @Test
  void scoresStandBesideTheirBaselines() {
    Labels tokens = Labels.tokens(List.of("a", "b", "a", "b"));
    AttentionTrace trace =
        new AttentionTrace(
            List.of(
                Traces.map(
                    Kind.DECODER,
                    0,
                    1,
                    tokens,
                    tokens,
                    1,
                    0,
                    0,
                    0,
                    0.5f,
                    0.5f,
                    0,
                    0,
                    0.25f,
                    0.5f,
                    0.25f,
                    0,
                    0.25f,
                    0.25f,
                    0.25f,
                    0.25f)),
            Map.of());
    HeadAnalysis analysis = HeadAnalysis.of(trace);
    // The first row has one key to look at and says nothing.
    RoleScore previous = score(analysis, 0, 0, Role.PREVIOUS);
    assertEquals(3, previous.tally().rows());
    assertEquals((0.5 + 0.5 + 0.25) / 3, previous.score(), 1e-9);
    assertEquals((1.0 / 2 + 1.0 / 3 + 1.0 / 4) / 3, previous.baseline(), 1e-9);
    assertTrue(previous.small());
    // "a" at 2 was followed by "b" at 1; "b" at 3 by "a" at 2.
    RoleScore induction = score(analysis, 0, 0, Role.INDUCTION);
    assertEquals(2, induction.tally().rows());
    assertEquals((0.5 + 0.25) / 2, induction.score(), 1e-9);
    assertEquals((1.0 / 3 + 1.0 / 4) / 2, induction.baseline(), 1e-9);
    assertEquals(new Cell(0, 2, 1, "a", "b", 0.5), induction.cells().getFirst());
    RoleScore duplicate = score(analysis, 0, 0, Role.DUPLICATE);
    assertEquals((0.25 + 0.25) / 2, duplicate.score(), 1e-9);
    // The other preferred key of this head is 1, with 0.5 + 0.5 + 0.25.
    RoleScore first = score(analysis, 0, 0, Role.FIRST);
    assertEquals((0.5 + 0.25 + 0.25) / 3, first.score(), 1e-9);
    assertEquals((0.5 + 0.5 + 0.25) / 3, first.baseline(), 1e-9);
    assertFalse(first.aboveBaseline());
    HeadTally tally = analysis.heads().values().iterator().next();
    assertEquals((1 + 0.5 + 0.5 + 0.25) / 4, tally.confidence(), 1e-9);
    assertEquals((0 + 0.5 + 1 + 1.5) / 4, tally.distance(), 1e-9);
    assertEquals((Math.log(2) + 1.5 * Math.log(2) + Math.log(4)) / 4, tally.entropy(), 1e-6);
  }

  @Test
  void evenAttentionIsNoRole() {
    Labels tokens = Labels.tokens(java.util.Collections.nCopies(40, "same"));
    float[] even = new float[1600];
    java.util.Arrays.fill(even, 1f / 40);
    HeadAnalysis analysis =
        HeadAnalysis.of(
            new AttentionTrace(
                List.of(Traces.map(Kind.ENCODER, 0, 1, tokens, tokens, even)), Map.of()));
    assertEquals(List.of(), analysis.roles());
    for (RoleScore score : analysis.scores()) {
      if (score.role() != Role.POSITIONAL) {
        assertEquals(score.baseline(), score.score(), 1e-6, score.role().text());
      }
    }
  }

  @Test
  void mergingEqualsAddingInAnyGrouping() {
    List<AttentionTrace> traces =
        List.of(Traces.induction(), Traces.shuffled(0), Traces.shuffled(1), Traces.shuffled(2));
    HeadAnalysis whole = HeadAnalysis.empty();
    traces.forEach(whole::add);
    HeadAnalysis left = HeadAnalysis.of(traces.get(0));
    HeadAnalysis right = HeadAnalysis.of(traces.get(1));
    right.add(traces.get(2));
    right.merge(HeadAnalysis.of(traces.get(3)));
    left.merge(right);
    assertEquals(4, left.texts());
    List<RoleScore> expected = whole.scores();
    List<RoleScore> merged = left.scores();
    assertEquals(expected.size(), merged.size());
    for (int i = 0; i < merged.size(); i++) {
      assertEquals(expected.get(i).head(), merged.get(i).head());
      assertEquals(expected.get(i).role(), merged.get(i).role());
      assertEquals(expected.get(i).tally().rows(), merged.get(i).tally().rows());
      assertEquals(expected.get(i).surprise(), merged.get(i).surprise(), 1e-12);
      assertEquals(expected.get(i).cells(), merged.get(i).cells());
    }
  }

  @Test
  void decodersNamedByWhatTheyWriteLookAtThemselves() {
    Labels read = Labels.tokens(List.of("<bos>", "a", "b"));
    Labels written = Labels.tokens(List.of("a", "b", "</s>"));
    HeadAnalysis analysis =
        HeadAnalysis.of(
            new AttentionTrace(
                List.of(
                    Traces.map(
                        Kind.DECODER,
                        0,
                        1,
                        written,
                        read,
                        1,
                        0,
                        0,
                        0.75f,
                        0.25f,
                        0,
                        0,
                        0.5f,
                        0.5f)),
                Map.of()));
    assertEquals((0.75 + 0.5) / 2, score(analysis, 0, 0, Role.PREVIOUS).score(), 1e-9);
    assertEquals((0.25 + 0.5) / 2, score(analysis, 0, 0, Role.SELF).score(), 1e-9);
  }
}
