package io.github.attention4j.viz.cli;

import io.github.attention4j.viz.analysis.SyntacticRoles;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Which heads follow syntax, as a table. */
final class SyntaxTable {
  private SyntaxTable() {}

  /** Prints the scores that beat the best fixed offset, or all. */
  static void print(SyntacticRoles roles, boolean all, int lines, PrintWriter out) {
    List<SyntacticRoles.Score> scores =
        roles.scores().stream().filter(score -> all || score.surprise() > 0).toList();
    if (scores.isEmpty()) {
      out.println("no head beats the best fixed offset");
      return;
    }
    out.println(
        String.format(
            Locale.ROOT,
            "%-12s %-19s %-19s %8s %8s %7s %6s  %s",
            "relation",
            "direction",
            "head",
            "accuracy",
            "baseline",
            "offset",
            "words",
            "seen most clearly in"));
    scores.stream().limit(lines).forEach(score -> out.println(line(score)));
    if (scores.size() > lines) {
      out.println("and " + (scores.size() - lines) + " more");
    }
  }

  private static String line(SyntacticRoles.Score score) {
    return String.format(
        Locale.ROOT,
        "%-12s %-19s %-19s %8.3f %8.3f %+7d %6d  %s",
        score.relation(),
        score.direction().name().toLowerCase(Locale.ROOT).replace('_', ' '),
        score.head(),
        score.accuracy(),
        score.baseline(),
        score.offset(),
        score.asked(),
        AnalyzeCommand.cell(score.cells(), score.small()));
  }
}
