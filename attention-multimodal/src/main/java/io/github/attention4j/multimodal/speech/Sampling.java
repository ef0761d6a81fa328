package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Tokens drawn with probabilities $\propto e^{x / T}$, several sequences side by side; the one of
/// the largest log-probability per token is taken. Same seed, same tokens.
///
/// @param temperature $T$, above 0
/// @param bestOf how many sequences
/// @param seed of the random numbers
public record Sampling(double temperature, int bestOf, long seed) implements Search {
  public Sampling {
    if (!(temperature > 0) || bestOf < 1) {
      throw new IllegalArgumentException(
          "temperature, bestOf: expected both above 0, got " + temperature + " and " + bestOf);
    }
  }

  @Override
  public Hypothesis continued(SequenceModel model, float[] first, Continuation continuation) {
    SplittableRandom random = new SplittableRandom(seed);
    List<List<Integer>> written = new ArrayList<>();
    double[] sums = new double[bestOf];
    boolean[] ended = new boolean[bestOf];
    float[][] logits = new float[bestOf][];
    for (int s = 0; s < bestOf; s++) {
      written.add(new ArrayList<>());
      logits[s] = first;
    }
    model.reorder(new int[bestOf]);
    int running = bestOf;
    for (int length = 0; length < continuation.most() && running > 0; length++) {
      int[] next = new int[bestOf];
      Arrays.fill(next, continuation.end());
      for (int s = 0; s < bestOf; s++) {
        if (!ended[s]) {
          double[] logs = continuation.logProbabilities(written.get(s), logits[s]);
          next[s] = draw(logs, random);
          sums[s] += logs[next[s]];
          if (next[s] == continuation.end()) {
            ended[s] = true;
            running--;
          } else {
            written.get(s).add(next[s]);
          }
        }
      }
      if (running > 0 && length + 1 < continuation.most()) {
        logits = model.step(next);
      }
    }
    int best = 0;
    for (int s = 1; s < bestOf; s++) {
      if (sums[s] / Math.max(1, written.get(s).size())
          > sums[best] / Math.max(1, written.get(best).size())) {
        best = s;
      }
    }
    return new Hypothesis(written.get(best), sums[best], ended[best]);
  }

  private int draw(double[] logs, SplittableRandom random) {
    double largest = logs[Continuation.argmax(logs)];
    double[] shares = new double[logs.length];
    double sum = 0;
    for (int token = 0; token < logs.length; token++) {
      shares[token] = Math.exp((logs[token] - largest) / temperature);
      sum += shares[token];
    }
    double point = random.nextDouble() * sum;
    int last = 0;
    for (int token = 0; token < logs.length; token++) {
      if (shares[token] > 0) {
        last = token;
        point -= shares[token];
        if (point < 0) {
          break;
        }
      }
    }
    return last;
  }
}
