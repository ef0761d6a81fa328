package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.MAX_PANEL;
import static io.github.attention4j.cpu.kernel.Lanes.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The best keys of each query of a panel so far, by score, best first; of equal scores the lower
/// key.
///
/// The softmax keeps the order of scores, so the best weights are known without a second pass. Most
/// tiles hold no better key for most queries, and one comparison per vector finds that out.
final class TopKeys {
  private int k;
  private final int[] found = new int[MAX_PANEL];
  private final float[] threshold = new float[MAX_PANEL];
  private float[] scores = new float[0];
  private int[] keys = new int[0];

  /// Forgets everything; looks for `count` keys per query.
  void clear(int count) {
    k = count;
    if (scores.length < count * MAX_PANEL) {
      scores = new float[count * MAX_PANEL];
      keys = new int[count * MAX_PANEL];
    }
    Arrays.fill(found, 0);
    Arrays.fill(threshold, k == 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY);
  }

  /// Looks at the scores of a tile, whose keys come after all earlier ones.
  void offer(float[] s, int rows, int vectors, int lanes, int[] tileKeys) {
    int width = vectors * LENGTH;
    for (int row = 0; row < rows; row++) {
      for (int at = 0; at < width; at += LENGTH) {
        FloatVector score = FloatVector.fromArray(SPECIES, s, row * width + at);
        long better =
            score
                .compare(VectorOperators.GT, FloatVector.fromArray(SPECIES, threshold, at))
                .toLong();
        for (; better != 0; better &= better - 1) {
          int lane = at + Long.numberOfTrailingZeros(better);
          if (lane < lanes) {
            insert(lane, s[row * width + lane], tileKeys[row]);
          }
        }
      }
    }
  }

  private void insert(int lane, float score, int key) {
    int from = lane * k;
    int at = from + (found[lane] < k ? found[lane]++ : k - 1);
    for (; at > from && scores[at - 1] < score; at--) {
      scores[at] = scores[at - 1];
      keys[at] = keys[at - 1];
    }
    scores[at] = score;
    keys[at] = key;
    if (found[lane] == k) {
      threshold[lane] = scores[from + k - 1];
    }
  }

  /// How many keys were found for a query: fewer than asked where it has no more.
  int found(int lane) {
    return found[lane];
  }

  /// The score of one of them.
  float score(int lane, int rank) {
    return scores[lane * k + rank];
  }

  /// The key.
  int key(int lane, int rank) {
    return keys[lane * k + rank];
  }
}
