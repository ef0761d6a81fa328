package io.github.attention4j.multimodal.speech;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchTests {
  private static final int END = 0;

  /** Logits that depend on everything read so far, drawn from its hash. */
  private static final class Toy implements SequenceModel {
    private final int vocabulary;
    private final int seed;
    private List<List<Integer>> read = new ArrayList<>();

    Toy(int vocabulary, int seed) {
      this.vocabulary = vocabulary;
      this.seed = seed;
    }

    float[] logits(List<Integer> tokens) {
      Random random = new Random(31L * seed + tokens.hashCode());
      float[] logits = new float[vocabulary];
      for (int i = 0; i < vocabulary; i++) {
        logits[i] = (float) (2 * random.nextGaussian());
      }
      return logits;
    }

    @Override
    public float[][] begin(List<Integer> prompt) {
      read = new ArrayList<>(List.of(prompt));
      return new float[][] {logits(prompt)};
    }

    @Override
    public float[][] step(int... tokens) {
      assertEquals(read.size(), tokens.length);
      float[][] all = new float[tokens.length][];
      for (int i = 0; i < tokens.length; i++) {
        List<Integer> more = new ArrayList<>(read.get(i));
        more.add(tokens[i]);
        read.set(i, more);
        all[i] = logits(more);
      }
      return all;
    }

    @Override
    public void reorder(int... sources) {
      List<List<Integer>> next = new ArrayList<>();
      for (int source : sources) {
        next.add(read.get(source));
      }
      read = next;
    }

    @Override
    public void close() {}
  }

  private static Hypothesis found(Search search, Toy toy, int most) {
    float[][] first = toy.begin(List.of(7));
    return search.continued(toy, first[0], new Continuation(List.of(), END, most));
  }

  /** The best of all sequences. */
  private static Hypothesis exhaustive(
      Toy toy, List<Integer> written, double sum, int most, double penalty) {
    List<Integer> read = new ArrayList<>(List.of(7));
    read.addAll(written);
    double[] logs = Continuation.logSoftmax(toy.logits(read));
    Hypothesis best = new Hypothesis(written, sum + logs[END], true);
    for (int token = 0; token < logs.length; token++) {
      if (token != END) {
        List<Integer> more = new ArrayList<>(written);
        more.add(token);
        Hypothesis other =
            more.size() == most
                ? new Hypothesis(more, sum + logs[token], false)
                : exhaustive(toy, more, sum + logs[token], most, penalty);
        best = score(other, penalty) > score(best, penalty) ? other : best;
      }
    }
    return best;
  }

  private static double score(Hypothesis hypothesis, double penalty) {
    int length = Math.max(1, hypothesis.tokens().size());
    return hypothesis.logProbability()
        / (Double.isNaN(penalty) ? length : Math.pow((5 + length) / 6.0, penalty));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aWideBeamIsExhaustive(int seed) {
    Toy toy = new Toy(4, seed);
    for (double penalty : new double[] {Double.NaN, 0, 0.6}) {
      // 81 sequences of 4 tokens at most, and those that end before.
      BeamSearch wide = new BeamSearch(121, 1, penalty);
      Hypothesis best = exhaustive(toy, List.of(), 0, 4, penalty);
      Hypothesis beam = found(wide, toy, 4);
      assertEquals(best.tokens(), beam.tokens());
      assertEquals(best.logProbability(), beam.logProbability(), 1e-12);
      assertEquals(best.ended(), beam.ended());
    }
  }

  @Test
  void wideBeamsFindMoreLikelySequencesOnTheWhole() {
    double gain = 0;
    for (int seed = 0; seed < 40; seed++) {
      Toy toy = new Toy(6, seed);
      gain +=
          found(new BeamSearch(8, 1, 0), toy, 6).logProbability()
              - found(new BeamSearch(1, 1, 0), toy, 6).logProbability();
    }
    assertTrue(gain > 0, () -> "found less");
  }

  @Test
  void greedyIsTheMostLikelyTokenAgainAndAgain() {
    Toy toy = new Toy(5, 3);
    Hypothesis greedy = found(new GreedySearch(), toy, 10);
    List<Integer> read = new ArrayList<>(List.of(7));
    double sum = 0;
    for (int token : greedy.tokens()) {
      double[] logs = Continuation.logSoftmax(toy.logits(read));
      assertEquals(Continuation.argmax(logs), token);
      sum += logs[token];
      read.add(token);
    }
    assertTrue(greedy.ended());
    double[] last = Continuation.logSoftmax(toy.logits(read));
    assertEquals(END, Continuation.argmax(last));
    assertEquals(sum + last[END], greedy.logProbability(), 1e-12);
    assertEquals(
        greedy.logProbability() / (greedy.tokens().size() + 1), greedy.averageLogProbability());
  }

  @Test
  void noMoreTokensThanAllowed() {
    Toy toy = new Toy(50, 11);
    for (Search search : List.of(new GreedySearch(), new BeamSearch(3), new Sampling(0.5, 2, 1))) {
      assertTrue(found(search, toy, 3).tokens().size() <= 3);
      assertEquals(1, found(search, toy, 1).tokens().size());
    }
  }

  @Test
  void almostColdSamplingIsGreedyAndSeedsDecide() {
    Toy toy = new Toy(6, 4);
    assertEquals(
        found(new GreedySearch(), toy, 8).tokens(),
        found(new Sampling(1e-6, 3, 5), toy, 8).tokens());
    Toy wide = new Toy(200, 4);
    List<Integer> once = found(new Sampling(1, 1, 5), wide, 8).tokens();
    assertEquals(once, found(new Sampling(1, 1, 5), wide, 8).tokens());
    assertNotEquals(once, found(new Sampling(1, 1, 6), wide, 8).tokens());
  }

  @Test
  void samplesFollowTheProbabilities() {
    // One step; e^2 : 1 at temperature 2 is e : 1.
    int first = 0;
    for (int seed = 0; seed < 4000; seed++) {
      Toy toy = new Toy(3, 0);
      toy.begin(List.of(7));
      float[] logits = {Float.NEGATIVE_INFINITY, 2, 0};
      Hypothesis one =
          new Sampling(2, 1, seed).continued(toy, logits, new Continuation(List.of(), END, 1));
      first += one.tokens().getFirst() == 1 ? 1 : 0;
    }
    assertEquals(Math.E / (Math.E + 1), first / 4000.0, 0.025);
  }
}
