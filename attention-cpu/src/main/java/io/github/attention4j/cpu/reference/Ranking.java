package io.github.attention4j.cpu.reference;

import java.util.stream.IntStream;

/// The largest of some numbers.
final class Ranking {
  private Ranking() {}

  /// The indices of the `count` largest, best first, equal ones by lower index.
  static int[] largest(double[] scores, int count) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted((a, b) -> Double.compare(scores[b], scores[a]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
