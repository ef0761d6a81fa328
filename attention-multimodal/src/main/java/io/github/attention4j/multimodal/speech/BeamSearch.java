package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// The most likely sequences side by side: of all their continuations the best are kept, ended ones
/// are set aside, until `size * patience` have ended.
///
/// Of those set aside, and of the unfinished ones where too few ended, the one with the largest
/// score wins: $\log p / n$, or with a length penalty $\alpha$, $\log p / ((5 + n) / 6)^\alpha$ (Wu
/// et al. 2016).
///
/// Source: Kasai et al. 2022 (arXiv:2204.05424) for patience; openai/whisper `BeamSearchDecoder`.
///
/// @param size sequences side by side
/// @param patience how many more than `size` end before it stops, as a factor
/// @param lengthPenalty $\alpha$; NaN for the mean per token
public record BeamSearch(int size, double patience, double lengthPenalty) implements Search {
  public BeamSearch {
    if (size < 1 || !(patience > 0)) {
      throw new IllegalArgumentException(
          "beam, patience: expected at least 1 and above 0, got " + size + " and " + patience);
    }
  }

  /// With patience 1 and the mean per token.
  public BeamSearch(int size) {
    this(size, 1, Double.NaN);
  }

  /** A sequence and the one it continues. */
  private record Candidate(int source, int token, double logProbability) {}

  @Override
  public Hypothesis continued(SequenceModel model, float[] first, Continuation continuation) {
    int wanted = Math.max(1, (int) Math.round(size * patience));
    List<Hypothesis> ended = new ArrayList<>();
    List<Hypothesis> running = List.of(new Hypothesis(List.of(), 0, false));
    float[][] logits = {first};
    for (int length = 0; length < continuation.most(); length++) {
      List<Hypothesis> next = new ArrayList<>();
      List<Integer> sources = new ArrayList<>();
      for (Candidate candidate : candidates(running, logits, continuation)) {
        Hypothesis source = running.get(candidate.source());
        if (candidate.token() == continuation.end()) {
          if (ended.size() < wanted) {
            ended.add(new Hypothesis(source.tokens(), candidate.logProbability(), true));
          }
        } else {
          List<Integer> tokens = new ArrayList<>(source.tokens());
          tokens.add(candidate.token());
          next.add(new Hypothesis(tokens, candidate.logProbability(), false));
          sources.add(candidate.source());
          if (next.size() == size) {
            break;
          }
        }
      }
      running = next;
      if (ended.size() >= wanted || running.isEmpty()) {
        break;
      }
      if (length + 1 < continuation.most()) {
        model.reorder(sources.stream().mapToInt(source -> source).toArray());
        logits = model.step(next.stream().mapToInt(one -> one.tokens().getLast()).toArray());
      }
    }
    List<Hypothesis> all = new ArrayList<>(ended);
    running.stream().limit(Math.max(0, size - ended.size())).forEach(all::add);
    Hypothesis best = all.getFirst();
    for (Hypothesis hypothesis : all) {
      best = score(hypothesis) > score(best) ? hypothesis : best;
    }
    return best;
  }

  /** The best continuations, the best first; of equal ones that of the earlier sequence. */
  private List<Candidate> candidates(
      List<Hypothesis> running, float[][] logits, Continuation continuation) {
    List<Candidate> all = new ArrayList<>();
    for (int s = 0; s < running.size(); s++) {
      Hypothesis source = running.get(s);
      double[] logs = continuation.logProbabilities(source.tokens(), logits[s]);
      for (int token : best(logs, size + 1)) {
        all.add(new Candidate(s, token, source.logProbability() + logs[token]));
      }
    }
    all.sort(Comparator.comparingDouble(candidate -> -candidate.logProbability()));
    return all;
  }

  /** The tokens of the largest values, the largest first; none that is excluded. */
  private static List<Integer> best(double[] logs, int count) {
    Comparator<Integer> worse =
        Comparator.<Integer>comparingDouble(token -> logs[token])
            .thenComparing(Comparator.reverseOrder());
    PriorityQueue<Integer> kept = new PriorityQueue<>(worse);
    for (int token = 0; token < logs.length; token++) {
      if (logs[token] > Double.NEGATIVE_INFINITY
          && (kept.size() < count || logs[token] > logs[kept.element()])) {
        kept.add(token);
        if (kept.size() > count) {
          kept.remove();
        }
      }
    }
    return kept.stream().sorted(worse.reversed()).toList();
  }

  private double score(Hypothesis hypothesis) {
    int length = Math.max(1, hypothesis.tokens().size());
    double penalty =
        Double.isNaN(lengthPenalty) ? length : Math.pow((5 + length) / 6.0, lengthPenalty);
    return hypothesis.logProbability() / penalty;
  }
}
