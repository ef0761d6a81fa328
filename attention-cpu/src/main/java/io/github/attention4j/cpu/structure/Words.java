package io.github.attention4j.cpu.structure;

/// The words that exist: those that some head is allowed for, with the scores among them and the
/// root symbol alone. Keeps its arrays from one reading to the next.
final class Words {
  /// The word's number minus 1 in the caller's matrix, of the first [#count].
  int[] rows = new int[0];

  /// `score[m][h]` of the m-th existing word, `h` = 0 for the root symbol or 1 + the number of an
  /// existing word.
  double[][] score = new double[0][];

  private int count;

  /// Reads the words of a matrix.
  static Words of(double[][] scores) {
    Words words = new Words();
    words.read(scores);
    return words;
  }

  /// Forgets what was read and reads another matrix.
  void read(double[][] scores) {
    if (rows.length != scores.length) {
      rows = new int[scores.length];
    }
    count = 0;
    for (int m = 0; m < scores.length; m++) {
      boolean exists = false;
      for (int h = 0; h <= scores.length; h++) {
        exists |= h != m + 1 && scores[m][h] != LogSpace.ZERO;
      }
      if (exists) {
        rows[count++] = m;
      }
    }
    if (score.length != count) {
      score = new double[count][count + 1];
    }
    for (int m = 0; m < count; m++) {
      score[m][0] = scores[rows[m]][0];
      for (int h = 0; h < count; h++) {
        score[m][h + 1] = h == m ? LogSpace.ZERO : scores[rows[m]][rows[h] + 1];
      }
    }
  }

  int count() {
    return count;
  }

  /// The weights $e^s$ of all arcs, those of a word divided by that of its best one, which changes
  /// no marginal.
  ///
  /// @param arcs receives them, `[words][heads]`
  /// @return the logarithm of what all were divided by, NaN if a weight is below `smallest`
  double weights(double[][] arcs, double smallest) {
    double shift = 0;
    for (int m = 0; m < count; m++) {
      double best = LogSpace.ZERO;
      for (double arc : score[m]) {
        best = Math.max(best, arc);
      }
      // A word whose heads do not exist has none left: no tree, as 0 of everything says.
      double base = best == LogSpace.ZERO ? 0 : best;
      shift += base;
      for (int h = 0; h <= count; h++) {
        arcs[m][h] = Math.exp(score[m][h] - base);
        if (!(arcs[m][h] >= smallest) && score[m][h] != LogSpace.ZERO) {
          return Double.NaN;
        }
      }
    }
    return shift;
  }

  /// The caller's number of head `h`.
  int head(int h) {
    return h == 0 ? 0 : rows[h - 1] + 1;
  }
}
