package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Which heads follow syntax: how often the word a dependent looks at most is its head, or the word
/// that looks at it most.
///
/// A word never counts as its own answer, special tokens never count, roots are not asked about.
/// Beside every score stands the best fixed offset, chosen with the answers in hand: what can be
/// had by always pointing so many words away. Source: Clark et al. 2019 (arXiv:1906.04341), section
/// 4. Sums over sentences, mergeable; not thread-safe.
public final class SyntacticRoles {
  /// All relations together.
  public static final String ALL = "all";

  private record Asked(HeadId head, String relation, Direction direction) {}

  private final Map<Asked, Integer> right = new HashMap<>();
  private final Map<String, Integer> asked = new HashMap<>();
  private final Map<String, TreeMap<Integer, Integer>> offsets = new HashMap<>();
  private final Map<Asked, StrongestCells> cells = new HashMap<>();
  private long texts;

  /// None yet.
  public SyntacticRoles() {}

  /// Who looks at whom.
  public enum Direction {
    /// The dependent looks at its head.
    DEPENDENT_TO_HEAD,
    /// The head looks at its dependent: the transpose.
    HEAD_TO_DEPENDENT
  }

  /// How well a head follows a relation.
  ///
  /// @param head which head
  /// @param relation the relation, or [#ALL]
  /// @param direction who looks at whom
  /// @param right how often it pointed at the right word
  /// @param asked how often it was asked
  /// @param baseline the accuracy of the best fixed offset
  /// @param offset that offset, from the dependent to its head, in words
  /// @param cells right answers with the most weight
  public record Score(
      HeadId head,
      String relation,
      Direction direction,
      int right,
      int asked,
      double baseline,
      int offset,
      List<Cell> cells) {
    public Score {
      cells = List.copyOf(cells);
    }

    /// The share of right answers.
    public double accuracy() {
      return (double) right / asked;
    }

    /// The share reached of the way from the baseline to 1.
    public double surprise() {
      return baseline >= 1 ? 0 : (accuracy() - baseline) / (1 - baseline);
    }

    /// Whether too few words were asked about for the score to mean much.
    public boolean small() {
      return asked < RoleScore.SMALL;
    }
  }

  /// Adds a sentence.
  ///
  /// @param trace of the model over this sentence; maps over other sequences are passed over
  /// @throws IllegalArgumentException if the tokens are not the words of the sentence
  public void add(AttentionTrace trace, Conllu.Sentence sentence) {
    List<Conllu.Word> words = sentence.words();
    List<String> forms = words.stream().map(Conllu.Word::form).toList();
    List<AttentionMap> maps = WordWeights.selfAttention(trace.maps());
    if (maps.isEmpty()) {
      throw new IllegalArgumentException("trace: expected self-attention over tokens");
    }
    for (int i = 0; i < words.size(); i++) {
      int offset = words.get(i).head() - i;
      for (String relation : relations(words.get(i))) {
        asked.merge(relation, 1, Integer::sum);
        offsets
            .computeIfAbsent(relation, ignored -> new TreeMap<>())
            .merge(offset, 1, Integer::sum);
      }
    }
    for (AttentionMap map : maps) {
      int[] wordOf = WordWeights.align(forms, map.keys());
      for (int head = 0; head < map.heads(); head++) {
        double[][] weights = WordWeights.of(map, head, wordOf, words.size());
        HeadId id = new HeadId(map.label(), head);
        answers(id, Direction.DEPENDENT_TO_HEAD, weights, words);
        answers(id, Direction.HEAD_TO_DEPENDENT, transposed(weights), words);
      }
    }
    texts++;
  }

  private void answers(
      HeadId head, Direction direction, double[][] weights, List<Conllu.Word> words) {
    for (int i = 0; i < words.size(); i++) {
      boolean hit = WordWeights.best(weights[i], i) == words.get(i).head();
      for (String relation : relations(words.get(i))) {
        Asked key = new Asked(head, relation, direction);
        right.merge(key, hit ? 1 : 0, Integer::sum);
        if (hit) {
          cells
              .computeIfAbsent(key, ignored -> new StrongestCells())
              .offer(cell(direction, i, words, weights[i][words.get(i).head()]));
        }
      }
    }
  }

  /** Where the answer stands in the map: a dependent's head is its key, or its query. */
  private Cell cell(Direction direction, int word, List<Conllu.Word> words, double weight) {
    boolean forth = direction == Direction.DEPENDENT_TO_HEAD;
    int query = forth ? word : words.get(word).head();
    int key = forth ? words.get(word).head() : word;
    return new Cell(texts, query, key, words.get(query).form(), words.get(key).form(), weight);
  }

  /// What a word is asked about: nothing for a root.
  private static List<String> relations(Conllu.Word word) {
    return word.head() < 0 ? List.of() : List.of(word.relation(), ALL);
  }

  /// Adds what another has seen of the same model.
  public void merge(SyntacticRoles other) {
    other.cells.forEach((key, strongest) ->
        cells
            .computeIfAbsent(key, ignored -> new StrongestCells())
            .merge(strongest.renumbered(texts)));
    texts += other.texts;
    other.right.forEach((key, count) -> right.merge(key, count, Integer::sum));
    other.asked.forEach((relation, count) -> asked.merge(relation, count, Integer::sum));
    other.offsets.forEach((relation, counts) ->
        counts.forEach((offset, count) ->
            offsets
                .computeIfAbsent(relation, ignored -> new TreeMap<>())
                .merge(offset, count, Integer::sum)));
  }

  /// All scores, the largest surprise first.
  public List<Score> scores() {
    List<Score> scores = new ArrayList<>();
    right.forEach((key, hits) -> {
      Map.Entry<Integer, Integer> best =
          offsets.getOrDefault(key.relation(), new TreeMap<>()).entrySet().stream()
              .max(Map.Entry.comparingByValue())
              .orElseThrow();
      int count = asked.getOrDefault(key.relation(), 0);
      scores.add(
          new Score(
              key.head(),
              key.relation(),
              key.direction(),
              hits,
              count,
              (double) best.getValue() / count,
              best.getKey(),
              cells.getOrDefault(key, new StrongestCells()).cells()));
    });
    scores.sort(
        Comparator.comparingDouble(Score::surprise)
            .reversed()
            .thenComparing(Score::relation)
            .thenComparing(score -> score.head().toString())
            .thenComparing(Score::direction));
    return scores;
  }

  private static double[][] transposed(double[][] matrix) {
    double[][] transposed = new double[matrix.length][matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        transposed[j][i] = matrix[i][j];
      }
    }
    return transposed;
  }
}
