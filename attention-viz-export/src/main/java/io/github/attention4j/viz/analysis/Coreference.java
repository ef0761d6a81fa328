package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.AttentionTrace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which heads follow coreference: whether a mention looks, among the mentions before it, most at
/// one of the same entity.
///
/// Asked are mentions with an antecedent; a mention stands at its head word. Beside every score
/// stands the accuracy of choosing the nearest mention before. After Clark et al. 2019
/// (arXiv:1906.04341), section 4.3, who let the head choose among all words. Sums over texts,
/// mergeable; not thread-safe.
public final class Coreference {
  private final Map<HeadId, Integer> right = new LinkedHashMap<>();
  private int asked;
  private int nearestRight;
  private final Map<HeadId, StrongestCells> cells = new LinkedHashMap<>();
  private long texts;

  /// None yet.
  public Coreference() {}

  /// A mention of an entity.
  ///
  /// @param word the position of its head word
  /// @param entity the number of the entity
  public record Mention(int word, int entity) {}

  /// How well a head finds antecedents.
  ///
  /// @param head which head
  /// @param right how often it chose a mention of the same entity
  /// @param asked how often it was asked
  /// @param baseline the accuracy of the nearest mention
  /// @param cells right answers with the most weight
  public record Score(HeadId head, int right, int asked, double baseline, List<Cell> cells) {
    public Score {
      cells = List.copyOf(cells);
    }

    /// The share of right answers.
    public double accuracy() {
      return (double) right / asked;
    }

    /// Whether too few mentions were asked about for the score to mean much.
    public boolean small() {
      return asked < RoleScore.SMALL;
    }
  }

  /// Adds a text.
  ///
  /// @param words the words of the text
  /// @param mentions in the order of their words
  /// @throws IllegalArgumentException if the tokens are not these words, or mentions are out of
  ///   order
  public void add(AttentionTrace trace, List<String> words, List<Mention> mentions) {
    List<Integer> questions = new ArrayList<>();
    for (int i = 0; i < mentions.size(); i++) {
      int word = mentions.get(i).word();
      int before = i == 0 ? -1 : mentions.get(i - 1).word();
      if (word <= before || word >= words.size()) {
        throw new IllegalArgumentException(
            "mentions: expected rising positions below " + words.size() + ", got " + mentions);
      }
      int entity = mentions.get(i).entity();
      if (mentions.subList(0, i).stream().anyMatch(mention -> mention.entity() == entity)) {
        questions.add(i);
        asked++;
        nearestRight += mentions.get(i - 1).entity() == entity ? 1 : 0;
      }
    }
    for (AttentionMap map : WordWeights.selfAttention(trace.maps())) {
      int[] wordOf = WordWeights.align(words, map.keys());
      for (int head = 0; head < map.heads(); head++) {
        double[][] weights = WordWeights.of(map, head, wordOf, words.size());
        HeadId id = new HeadId(map.label(), head);
        int hits = 0;
        for (int question : questions) {
          Mention answer = answer(weights, mentions, question);
          Mention asks = mentions.get(question);
          if (answer != null && answer.entity() == asks.entity()) {
            hits++;
            cells
                .computeIfAbsent(id, ignored -> new StrongestCells())
                .offer(
                    new Cell(
                        texts,
                        asks.word(),
                        answer.word(),
                        words.get(asks.word()),
                        words.get(answer.word()),
                        weights[asks.word()][answer.word()]));
          }
        }
        right.merge(id, hits, Integer::sum);
      }
    }
    texts++;
  }

  private static @Nullable Mention answer(
      double[][] weights, List<Mention> mentions, int question) {
    double[] row = weights[mentions.get(question).word()];
    Mention best = null;
    for (Mention candidate : mentions.subList(0, question)) {
      if (row[candidate.word()] > 0 && (best == null || row[candidate.word()] > row[best.word()])) {
        best = candidate;
      }
    }
    return best;
  }

  /// Adds what another has seen of the same model.
  public void merge(Coreference other) {
    other.right.forEach((head, count) -> right.merge(head, count, Integer::sum));
    asked += other.asked;
    nearestRight += other.nearestRight;
    other.cells.forEach((head, strongest) ->
        cells
            .computeIfAbsent(head, ignored -> new StrongestCells())
            .merge(strongest.renumbered(texts)));
    texts += other.texts;
  }

  /// All scores, the most accurate head first; none if nothing was asked.
  public List<Score> scores() {
    if (asked == 0) {
      return List.of();
    }
    return right.entrySet().stream()
        .map(entry ->
            new Score(
                entry.getKey(),
                entry.getValue(),
                asked,
                (double) nearestRight / asked,
                cells.getOrDefault(entry.getKey(), new StrongestCells()).cells()))
        .sorted(
            Comparator.comparingInt(Score::right)
                .reversed()
                .thenComparing(score -> score.head().toString()))
        .toList();
  }
}
