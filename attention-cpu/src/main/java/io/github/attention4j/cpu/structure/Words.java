package io.github.attention4j.cpu.structure;

/// The words that exist: those that some head is allowed for, with the scores among them and the
/// root symbol alone.
final class Words {
  /// The word's number minus 1 in the caller's matrix.
  final int[] rows;

  /// `score[m][h]` of the m-th existing word, `h` = 0 for the root symbol or 1 + the number of an
  /// existing word.
  final double[][] score;

  Words(double[][] scores) {
    int[] found = new int[scores.length];
    int count = 0;
    for (int m = 0; m < scores.length; m++) {
      boolean exists = false;
      for (int h = 0; h <= scores.length; h++) {
        exists |= h != m + 1 && scores[m][h] != LogSpace.ZERO;
      }
      if (exists) {
        found[count++] = m;
      }
    }
    rows = java.util.Arrays.copyOf(found, count);
    score = new double[count][count + 1];
    for (int m = 0; m < count; m++) {
      score[m][0] = scores[rows[m]][0];
      for (int h = 0; h < count; h++) {
        score[m][h + 1] = h == m ? LogSpace.ZERO : scores[rows[m]][rows[h] + 1];
      }
    }
  }

  int count() {
    return rows.length;
  }

  /// The caller's number of head `h`.
  int head(int h) {
    return h == 0 ? 0 : rows[h - 1] + 1;
  }
}
