package io.github.attention4j.viz.explain;

import io.github.attention4j.api.trace.AttentionMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Which words of the source a head of a cross-attention map looks at while each word of the output
/// is written.
///
/// @param map whose head
/// @param head the head's number, from 0
/// @param links the words of the output that have a word of the source with more than [#CLEAR] of
///   their attention
public record HeadAlignment(AttentionMap map, int head, List<Link> links) {
  /// The least share of attention of a clear link.
  public static final double CLEAR = 0.5;

  private static final String ISO_DATE = "\\d{4}-\\d{2}-\\d{2}";
  private static final List<String> DATE_PARTS = List.of("year", "month", "day");

  public HeadAlignment {
    links = List.copyOf(links);
  }

  /// A word of the output and the word of the source it looks at.
  ///
  /// @param output the word that is written
  /// @param name what the word is, such as `month`; empty if that is not known
  /// @param source the word that is looked at
  /// @param share of the attention of the output's positions that falls on the source's, on average
  public record Link(Word output, String name, Word source, double share) {}

  /// The alignments of all heads of a map.
  public static List<HeadAlignment> of(AttentionMap map) {
    List<Word> outputs = Word.of(map.queries());
    List<Word> sources = Word.of(map.keys());
    List<String> names = names(map, outputs);
    List<HeadAlignment> heads = new ArrayList<>();
    for (int head = 0; head < map.heads(); head++) {
      List<Link> links = new ArrayList<>();
      for (int i = 0; i < outputs.size(); i++) {
        Word output = outputs.get(i);
        String name = names.get(i);
        int h = head;
        strongest(map, h, output, sources)
            .map(source -> new Link(output, name, source, share(map, h, output, source)))
            .filter(link -> link.share() > CLEAR)
            .ifPresent(links::add);
      }
      heads.add(new HeadAlignment(map, head, links));
    }
    return heads;
  }

  /// As a sentence: `cross layer 1, head 2: the month 05 looks at 'May' (97 %), the day 02 at '2'
  /// (88 %)`.
  public String sentence() {
    String who =
        map.label().kind().text() + " layer " + map.label().layer() + ", head " + head + ": ";
    if (links.isEmpty()) {
      return who + "no word clearly, rests most on " + favourite();
    }
    List<String> parts = new ArrayList<>();
    for (Link link : links) {
      String subject =
          link.name().isEmpty()
              ? quoted(link.output().text())
              : "the " + link.name() + " " + link.output().text();
      parts.add(
          String.format(
              Locale.ROOT,
              "%s %s %s (%.0f %%)",
              subject,
              parts.isEmpty() ? "looks at" : "at",
              quoted(link.source().text()),
              100 * link.share()));
    }
    return who + String.join(", ", parts);
  }

  private String favourite() {
    int keys = map.keys().size();
    int best = 0;
    double[] sums = new double[Math.max(keys, 1)];
    for (int q = 0; q < map.queries().size(); q++) {
      for (int k = 0; k < keys; k++) {
        sums[k] += map.weights().get(head, q, k);
      }
    }
    for (int k = 1; k < keys; k++) {
      if (sums[k] > sums[best]) {
        best = k;
      }
    }
    return keys == 0
        ? "nothing"
        : String.format(
            Locale.ROOT,
            "%s (%.0f %%)",
            quoted(map.keys().texts().get(best)),
            100 * sums[best] / Math.max(map.queries().size(), 1));
  }

  private static String quoted(String text) {
    return "'" + text + "'";
  }

  private static Optional<Word> strongest(
      AttentionMap map, int head, Word output, List<Word> sources) {
    return sources.stream()
        .max(Comparator.comparingDouble(source -> share(map, head, output, source)));
  }

  private static double share(AttentionMap map, int head, Word output, Word source) {
    double sum = 0;
    for (int q = output.from(); q < output.to(); q++) {
      for (int k = source.from(); k < source.to(); k++) {
        sum += map.weights().get(head, q, k);
      }
    }
    return sum / output.length();
  }

  /** The parts of an ISO date have names; other outputs have none. */
  private static List<String> names(AttentionMap map, List<Word> outputs) {
    StringBuilder text = new StringBuilder();
    map.queries().texts().stream().filter(each -> each.length() == 1).forEach(text::append);
    return outputs.size() == DATE_PARTS.size() && text.toString().matches(ISO_DATE)
        ? DATE_PARTS
        : outputs.stream().map(word -> "").toList();
  }
}
