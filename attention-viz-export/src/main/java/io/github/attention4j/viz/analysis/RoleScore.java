package io.github.attention4j.viz.analysis;

import java.util.List;

/// How well a role describes a head, with what it is to be compared to.
///
/// @param head which head
/// @param role which role
/// @param detail what the role leaves open, such as the offset of a positional head; may be empty
/// @param tally the sums behind the numbers
/// @param cells the strongest cells that show it
public record RoleScore(HeadId head, Role role, String detail, Tally tally, List<Cell> cells) {
  /// Fewer rows than this are a small sample.
  public static final int SMALL = 10;

  /// The least [Tally#surprise] of a role worth a name.
  public static final double NOTABLE = 0.25;

  /// The least number of standard errors above the baseline.
  public static final double CERTAIN = 5;

  /// Voita et al.'s limit for positional heads.
  static final double POSITIONAL_SHARE = 0.9;

  public RoleScore {
    cells = List.copyOf(cells);
  }

  /// The score: mean weight on the role's cells, or the share of rows for [Role#POSITIONAL].
  public double score() {
    return tally.meanScore();
  }

  /// What attention spread evenly over the allowed keys would score.
  public double baseline() {
    return tally.meanBaseline();
  }

  /// See [Tally#surprise].
  public double surprise() {
    return tally.surprise();
  }

  /// Whether too few rows could show the role for the score to mean much.
  public boolean small() {
    return tally.rows() < SMALL;
  }

  /// Whether the head has the role: clearly more than its baseline, in effect and in certainty.
  public boolean aboveBaseline() {
    return surprise() >= NOTABLE
        && tally.standardErrors() >= CERTAIN
        && (role != Role.POSITIONAL || score() >= POSITIONAL_SHARE);
  }
}
