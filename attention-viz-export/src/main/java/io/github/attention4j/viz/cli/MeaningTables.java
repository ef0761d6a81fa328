package io.github.attention4j.viz.cli;

import io.github.attention4j.viz.analysis.Coreference;
import io.github.attention4j.viz.analysis.SemanticAssociation;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Which heads follow meaning, as tables: coreference, and closeness of embeddings. */
final class MeaningTables {
  private MeaningTables() {}

  /** Prints the heads that beat the nearest mention, or all. */
  static void print(Coreference coreference, boolean all, int lines, PrintWriter out) {
    List<Coreference.Score> scores =
        coreference.scores().stream()
            .filter(score -> all || score.accuracy() > score.baseline())
            .toList();
    if (coreference.scores().isEmpty()) {
      out.println("no mention has an antecedent: nothing was asked");
      return;
    }
    if (scores.isEmpty()) {
      out.println("no head beats the nearest mention");
      return;
    }
    out.println(
        String.format(
            Locale.ROOT,
            "%-19s %8s %8s %8s  %s",
            "head",
            "accuracy",
            "baseline",
            "mentions",
            "seen most clearly in"));
    for (Coreference.Score score : scores.subList(0, Math.min(lines, scores.size()))) {
      out.println(
          String.format(
              Locale.ROOT,
              "%-19s %8.3f %8.3f %8d  %s",
              score.head(),
              score.accuracy(),
              score.baseline(),
              score.asked(),
              AnalyzeCommand.cell(score.cells(), score.small())));
    }
    more(scores.size(), lines, out);
  }

  /** Prints the heads above shuffled embeddings, or all. */
  static void print(List<SemanticAssociation> found, boolean all, int lines, PrintWriter out) {
    List<SemanticAssociation> scores =
        found.stream().filter(score -> all || score.aboveBaseline()).toList();
    if (scores.isEmpty()) {
      out.println("no head looks at similar tokens clearly more than with shuffled embeddings");
      return;
    }
    out.println(
        String.format(
            Locale.ROOT,
            "%-19s %8s %8s %8s %6s  %s",
            "head",
            "share",
            "baseline",
            "spread",
            "pairs",
            "seen most clearly in"));
    for (SemanticAssociation score : scores.subList(0, Math.min(lines, scores.size()))) {
      out.println(
          String.format(
              Locale.ROOT,
              "%-19s %8.3f %8.3f %8.3f %6d  %s",
              score.head(),
              score.share(),
              score.baseline(),
              score.spread(),
              score.pairs(),
              AnalyzeCommand.cell(score.cells(), score.small())));
    }
    more(scores.size(), lines, out);
  }

  private static void more(int scores, int lines, PrintWriter out) {
    if (scores > lines) {
      out.println("and " + (scores - lines) + " more");
    }
  }
}
