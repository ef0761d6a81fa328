package io.github.attention4j.viz.analysis;

/// Sums over the rows where a role could show: enough for a mean, its baseline and its spread, and
/// mergeable.
///
/// @param rows how many rows
/// @param score the weight the head put on the role's cells
/// @param baseline the weight that would be there without the role; see [HeadAnalysis]
/// @param squares the squares of score minus baseline, row by row
public record Tally(long rows, double score, double baseline, double squares) {
  /// Nothing seen.
  public static final Tally EMPTY = new Tally(0, 0, 0, 0);

  /// With one more row.
  public Tally add(double rowScore, double rowBaseline) {
    double difference = rowScore - rowBaseline;
    return new Tally(
        rows + 1, score + rowScore, baseline + rowBaseline, squares + difference * difference);
  }

  /// Both together.
  public Tally plus(Tally other) {
    return new Tally(
        rows + other.rows, score + other.score, baseline + other.baseline, squares + other.squares);
  }

  /// The mean score, 0 without rows.
  public double meanScore() {
    return rows == 0 ? 0 : score / rows;
  }

  /// The mean baseline, 0 without rows.
  public double meanBaseline() {
    return rows == 0 ? 0 : baseline / rows;
  }

  /// How much of what lies between the baseline and 1 is reached: 0 is what an even spread gives, 1
  /// is everything.
  public double surprise() {
    double room = rows - baseline;
    return room <= 0 ? 0 : (score - baseline) / room;
  }

  /// The mean of score minus baseline, in standard errors; infinite if every row agrees.
  public double standardErrors() {
    if (rows < 2) {
      return 0;
    }
    double mean = (score - baseline) / rows;
    double variance = Math.max(0, (squares - rows * mean * mean) / (rows - 1));
    if (variance < 1e-12) {
      return mean == 0 ? 0 : Math.copySign(Double.POSITIVE_INFINITY, mean);
    }
    return mean / Math.sqrt(variance / rows);
  }
}
