package io.github.attention4j.viz.analysis;

import io.github.attention4j.api.trace.AttentionMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Whether a head looks at tokens of similar meaning: the share of its weight between different
/// tokens whose embeddings are close.
///
/// Close are the pairs with the largest cosines, one in ten; a token and its repetitions do not
/// count, as that is the duplicate role. The baseline gives the embeddings to other tokens at
/// random, many times over with a fixed seed.
///
/// @param head which head
/// @param share the share of the weight between different tokens that lies on close pairs
/// @param baseline the mean share with shuffled embeddings
/// @param spread the standard deviation of the share with shuffled embeddings
/// @param pairs how many close pairs there are
/// @param cells close pairs with the most weight
public record SemanticAssociation(
    HeadId head, double share, double baseline, double spread, int pairs, List<Cell> cells) {
  private static final double CLOSE = 0.1;
  private static final int SHUFFLES = 100;
  private static final long SEED = 20;

  public SemanticAssociation {
    cells = List.copyOf(cells);
  }

  /// The scores of all heads of a map.
  ///
  /// @param map over one sequence
  /// @param embeddings one per token
  public static List<SemanticAssociation> of(AttentionMap map, float[][] embeddings) {
    int length = map.keys().size();
    if (!map.queries().equals(map.keys()) || embeddings.length != length) {
      throw new IllegalArgumentException(
          "embeddings: expected one per token of one sequence, got "
              + embeddings.length
              + " for "
              + map.weights().describe());
    }
    long[] tokens = HeadMetrics.identities(map.keys().texts());
    double[][] cosines = cosines(embeddings);
    int[] own = new int[length];
    Arrays.setAll(own, i -> i);
    boolean[][] close = close(cosines, own, tokens);
    List<boolean[][]> shuffled = new ArrayList<>();
    Random random = new Random(SEED);
    for (int i = 0; i < SHUFFLES; i++) {
      shuffled.add(close(cosines, permutation(length, random), tokens));
    }
    List<SemanticAssociation> scores = new ArrayList<>();
    for (int head = 0; head < map.heads(); head++) {
      HeadWeights weights = HeadWeights.of(map, head);
      double[] shares =
          shuffled.stream().mapToDouble(pairs -> share(weights, pairs, tokens)).toArray();
      double mean = Arrays.stream(shares).average().orElse(0);
      double variance =
          Arrays.stream(shares).map(share -> (share - mean) * (share - mean)).average().orElse(0);
      scores.add(
          new SemanticAssociation(
              new HeadId(map.label(), head),
              share(weights, close, tokens),
              mean,
              Math.sqrt(variance),
              count(close),
              strongest(weights, close, map.keys().texts())));
    }
    return scores;
  }

  private static List<Cell> strongest(HeadWeights weights, boolean[][] close, List<String> tokens) {
    StrongestCells strongest = new StrongestCells();
    for (int query = 0; query < close.length; query++) {
      for (int key = 0; key < close.length; key++) {
        if (close[query][key]) {
          strongest.offer(
              new Cell(0, query, key, tokens.get(query), tokens.get(key), weights.get(query, key)));
        }
      }
    }
    return strongest.cells();
  }

  /// The scores of several texts as one: means over the texts, and the spread of the mean.
  ///
  /// @param texts the scores of each text, heads in the same order
  public static List<SemanticAssociation> over(List<List<SemanticAssociation>> texts) {
    Map<HeadId, List<SemanticAssociation>> heads = new LinkedHashMap<>();
    for (int text = 0; text < texts.size(); text++) {
      for (SemanticAssociation score : texts.get(text)) {
        StrongestCells renumbered = new StrongestCells();
        renumbered.merge(score.cells);
        heads
            .computeIfAbsent(score.head, ignored -> new ArrayList<>())
            .add(
                new SemanticAssociation(
                    score.head,
                    score.share,
                    score.baseline,
                    score.spread,
                    score.pairs,
                    renumbered.renumbered(text)));
      }
    }
    List<SemanticAssociation> scores = new ArrayList<>();
    heads.forEach((head, all) -> scores.add(mean(head, all)));
    scores.sort(
        java.util.Comparator.comparingDouble(
            (SemanticAssociation score) -> score.baseline - score.share));
    return scores;
  }

  private static SemanticAssociation mean(HeadId head, List<SemanticAssociation> all) {
    StrongestCells strongest = new StrongestCells();
    double variance = 0;
    int pairs = 0;
    for (SemanticAssociation one : all) {
      strongest.merge(one.cells);
      variance += one.spread * one.spread;
      pairs += one.pairs;
    }
    return new SemanticAssociation(
        head,
        all.stream().mapToDouble(SemanticAssociation::share).average().orElse(0),
        all.stream().mapToDouble(SemanticAssociation::baseline).average().orElse(0),
        Math.sqrt(variance) / all.size(),
        pairs,
        strongest.cells());
  }

  /// Whether the share is above chance: by more than four standard deviations of the shuffled ones,
  /// and a quarter of the way to 1.
  public boolean aboveBaseline() {
    return share - baseline > 4 * spread && share - baseline >= RoleScore.NOTABLE * (1 - baseline);
  }

  /// Whether there are too few close pairs for the score to mean much.
  public boolean small() {
    return pairs < RoleScore.SMALL;
  }

  private static double share(HeadWeights weights, boolean[][] close, long[] tokens) {
    double on = 0;
    double all = 0;
    for (int query = 0; query < tokens.length; query++) {
      for (int key = 0; key < tokens.length; key++) {
        if (tokens[query] != tokens[key]) {
          double weight = weights.get(query, key);
          all += weight;
          on += close[query][key] ? weight : 0;
        }
      }
    }
    return all == 0 ? 0 : on / all;
  }

  /// The closest pairs of different tokens when token `i` has the embedding `of[i]`.
  private static boolean[][] close(double[][] cosines, int[] of, long[] tokens) {
    int length = tokens.length;
    List<double[]> pairs = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      for (int j = 0; j < i; j++) {
        if (tokens[i] != tokens[j]) {
          pairs.add(new double[] {cosines[of[i]][of[j]], i, j});
        }
      }
    }
    pairs.sort(java.util.Comparator.comparingDouble((double[] pair) -> -pair[0]));
    boolean[][] close = new boolean[length][length];
    for (double[] pair : pairs.subList(0, (int) Math.ceil(CLOSE * pairs.size()))) {
      close[(int) pair[1]][(int) pair[2]] = true;
      close[(int) pair[2]][(int) pair[1]] = true;
    }
    return close;
  }

  private static int count(boolean[][] pairs) {
    int count = 0;
    for (boolean[] row : pairs) {
      for (boolean pair : row) {
        count += pair ? 1 : 0;
      }
    }
    return count / 2;
  }

  private static double[][] cosines(float[][] embeddings) {
    int length = embeddings.length;
    double[][] cosines = new double[length][length];
    for (int i = 0; i < length; i++) {
      for (int j = 0; j <= i; j++) {
        double norms =
            Math.sqrt(dot(embeddings[i], embeddings[i]) * dot(embeddings[j], embeddings[j]));
        cosines[i][j] = norms == 0 ? 0 : dot(embeddings[i], embeddings[j]) / norms;
        cosines[j][i] = cosines[i][j];
      }
    }
    return cosines;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private static int[] permutation(int length, Random random) {
    int[] permutation = new int[length];
    Arrays.setAll(permutation, i -> i);
    for (int i = length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int moved = permutation[i];
      permutation[i] = permutation[j];
      permutation[j] = moved;
    }
    return permutation;
  }
}
