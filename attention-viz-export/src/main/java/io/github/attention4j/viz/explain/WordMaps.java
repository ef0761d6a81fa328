package io.github.attention4j.viz.explain;

import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.trace.AttentionMap;
import io.github.attention4j.api.trace.Labels;

/// Maps between words instead of pieces of words.
///
/// Attention *to* a word is the sum over its pieces, attention *from* a word the mean over them, so
/// that rows sum to what they did (Clark et al. 2019, arXiv:1906.04341, section 4.1). Special
/// tokens are words of their own.
final class WordMaps {
  private WordMaps() {}

  /// The map between words.
  static AttentionMap of(AttentionMap map, Positions queries, Positions keys) {
    int heads = map.heads();
    int rows = queries.wordTexts().size();
    int columns = keys.wordTexts().size();
    int[] pieces = new int[rows];
    for (int word : queries.words()) {
      pieces[word]++;
    }
    double[] sums = new double[rows * columns];
    Tensor merged = Tensor.allocate(heads, rows, columns);
    long from = 0;
    for (int head = 0; head < heads; head++) {
      java.util.Arrays.fill(sums, 0);
      for (int row : queries.words()) {
        for (int column : keys.words()) {
          sums[row * columns + column] += map.weights().at(from++);
        }
      }
      for (int i = 0; i < sums.length; i++) {
        merged.set((long) head * sums.length + i, (float) (sums[i] / pieces[i / columns]));
      }
    }
    return new AttentionMap(
        map.name(), map.label(), merged, labels(queries), labels(keys), map.proof());
  }

  private static Labels labels(Positions side) {
    boolean unchanged = side.wordTexts().size() == side.labels().size();
    return unchanged ? side.labels() : Labels.tokens(side.wordTexts());
  }
}
