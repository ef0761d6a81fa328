package io.github.attention4j.viz.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.attention4j.api.network.MapLabel.Kind;
import io.github.attention4j.api.trace.AttentionTrace;
import io.github.attention4j.api.trace.Labels;
import io.github.attention4j.viz.analysis.SyntacticRoles.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnnotatedTextTests {
  @TempDir private Path folder;

  private static final String TREE =
      """
      # text = The cat saw dogs
      1\tThe\tthe\tDET\t_\t_\t2\tdet\t_\t_
      2-3\tcat-saw\t_\t_\t_\t_\t_\t_\t_\t_
      2\tcat\tcat\tNOUN\t_\t_\t3\tnsubj:pass\t_\t_
      3\tsaw\tsee\tVERB\t_\t_\t0\troot\t_\t_
      3.1\tnothing\t_\t_\t_\t_\t_\t_\t_\t_
      4\tdogs\tdog\tNOUN\t_\t_\t3\tobj\t_\t_

      """;

  private Conllu.Sentence sentence() throws IOException {
    return Conllu.read(Files.writeString(folder.resolve("tree.conllu"), TREE)).getFirst();
  }

  @Test
  void readsTrees() throws IOException {
    assertEquals(
        List.of(
            new Conllu.Word("The", 1, "det"),
            new Conllu.Word("cat", 2, "nsubj"),
            new Conllu.Word("saw", -1, "root"),
            new Conllu.Word("dogs", 2, "obj")),
        sentence().words());
    Path bad = Files.writeString(folder.resolve("bad.conllu"), "1\tThe\n");
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> Conllu.read(bad));
    assertTrue(
        String.valueOf(thrown.getMessage()).endsWith("bad.conllu:1: expected 10 columns, got 2"));
  }

  @Test
  void tokensFindTheirWords() {
    assertArrayEquals(
        new int[] {-1, 0, 1, 1, 2, 3, -1},
        WordWeights.align(
            List.of("The", "café", "saw", "dogs"),
            Labels.tokens(List.of("[CLS]", "the", "ca", "##fe", "[UNK]", "dogs", "[SEP]"))));
    Labels other = Labels.tokens(List.of("a", "cat"));
    assertThrows(
        IllegalArgumentException.class, () -> WordWeights.align(List.of("a", "dog"), other));
  }

  @Test
  void headsThatFollowTheTreeAreFound() throws IOException {
    Labels tokens = Labels.tokens(List.of("the", "cat", "saw", "dogs"));
    float[] tree = {0.4f, 0.6f, 0, 0, 0, 0.3f, 0.6f, 0.1f, 0, 0, 1, 0, 0, 0.1f, 0.5f, 0.4f};
    AttentionTrace trace =
        new AttentionTrace(List.of(Traces.map(Kind.ENCODER, 0, 1, tokens, tokens, tree)), Map.of());
    SyntacticRoles roles = new SyntacticRoles();
    roles.add(trace, sentence());
    SyntacticRoles twice = new SyntacticRoles();
    twice.add(trace, sentence());
    twice.merge(roles);
    SyntacticRoles.Score all = all(roles, Direction.DEPENDENT_TO_HEAD);
    assertEquals(3, all.asked());
    assertEquals(1, all.accuracy());
    assertEquals(2.0 / 3, all.baseline(), 1e-12);
    assertEquals(1, all.offset());
    assertTrue(all.small());
    // Nobody looks at "the"; "the" looks most at "cat", and "cat" at "dogs": none of them is the
    // head.
    assertEquals(0, all(roles, Direction.HEAD_TO_DEPENDENT).right());
    assertEquals(6, all(twice, Direction.DEPENDENT_TO_HEAD).asked());
    assertEquals(all.baseline(), all(twice, Direction.DEPENDENT_TO_HEAD).baseline(), 1e-12);
  }

  private static SyntacticRoles.Score all(SyntacticRoles roles, Direction direction) {
    return roles.scores().stream()
        .filter(
            score -> score.relation().equals(SyntacticRoles.ALL) && score.direction() == direction)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void piecesOfWordsAreAddedAsKeysAndAveragedAsQueries() {
    Labels tokens = Labels.tokens(List.of("ca", "##t", "saw"));
    double[][] words =
        WordWeights.of(
            Traces.map(
                Kind.ENCODER,
                0,
                1,
                tokens,
                tokens,
                0.5f,
                0.25f,
                0.25f,
                0.25f,
                0.25f,
                0.5f,
                0.125f,
                0.125f,
                0.75f),
            0,
            new int[] {0, 0, 1},
            2);
    assertArrayEquals(new double[] {0.625, 0.375}, words[0], 1e-9);
    assertArrayEquals(new double[] {0.25, 0.75}, words[1], 1e-9);
  }

  @Test
  void antecedentsBesideTheNearestMention() {
    List<String> words = List.of("Ann", "met", "Bob", "she", "smiled");
    Labels tokens = Labels.tokens(words);
    float[] weights = new float[25];
    weights[3 * 5] = 0.7f;
    weights[3 * 5 + 1] = 0.2f;
    weights[3 * 5 + 2] = 0.1f;
    Coreference coreference = new Coreference();
    coreference.add(
        new AttentionTrace(
            List.of(Traces.map(Kind.ENCODER, 0, 1, tokens, tokens, weights)), Map.of()),
        words,
        List.of(
            new Coreference.Mention(0, 1),
            new Coreference.Mention(2, 2),
            new Coreference.Mention(3, 1)));
    Coreference.Score score = coreference.scores().getFirst();
    assertEquals(1, score.asked());
    assertEquals(1, score.accuracy());
    assertEquals(0, score.baseline());
    assertEquals(List.of(), new Coreference().scores());
  }

  @Test
  void similarMeaningsBesideShuffledOnes() {
    int length = 24;
    Labels tokens = Labels.numbered(length);
    float[][] embeddings = new float[length][12];
    float[] pairs = new float[length * length];
    float[] even = new float[length * length];
    java.util.Arrays.fill(even, 1f / length);
    for (int i = 0; i < length; i++) {
      embeddings[i][i / 2] = 1;
      embeddings[i][(i / 2 + 1) % 12] = 0.1f;
      pairs[i * length + (i ^ 1)] = 1;
    }
    SemanticAssociation similar =
        SemanticAssociation.of(Traces.map(Kind.ENCODER, 0, 1, tokens, tokens, pairs), embeddings)
            .getFirst();
    assertEquals(1, similar.share(), 1e-6);
    assertEquals(0.1, similar.baseline(), 0.05);
    assertTrue(similar.aboveBaseline());
    SemanticAssociation blind =
        SemanticAssociation.of(Traces.map(Kind.ENCODER, 0, 1, tokens, tokens, even), embeddings)
            .getFirst();
    assertFalse(blind.aboveBaseline());
    assertEquals(blind.baseline(), blind.share(), 1e-6);
  }
}
