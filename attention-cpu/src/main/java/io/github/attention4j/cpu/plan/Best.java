package io.github.attention4j.cpu.plan;

/// The largest of the numbers offered, best first; of equal ones the one offered first.
public final class Best {
  private final float[] scores;
  private final int[] ids;
  private int found;

  /// Keeps as many as this.
  public Best(int count) {
    scores = new float[count];
    ids = new int[count];
  }

  /// Forgets all.
  public void clear() {
    found = 0;
  }

  /// Offers neighbouring numbers, whose ids go up from `id`.
  public void offer(float[] from, int at, int count, int id) {
    for (int i = 0; i < count; i++) {
      offer(from[at + i], id + i);
    }
  }

  /// Offers a number.
  public void offer(float score, int id) {
    if (found == scores.length && (found == 0 || !(score > scores[found - 1]))) {
      return;
    }
    int at = found < scores.length ? found++ : found - 1;
    for (; at > 0 && scores[at - 1] < score; at--) {
      scores[at] = scores[at - 1];
      ids[at] = ids[at - 1];
    }
    scores[at] = score;
    ids[at] = id;
  }

  /// How many it keeps.
  public int most() {
    return scores.length;
  }

  /// How many it has.
  public int found() {
    return found;
  }

  /// The number of a rank.
  public float score(int rank) {
    return scores[rank];
  }

  /// The id of a rank.
  public int id(int rank) {
    return ids[rank];
  }
}
