package io.github.attention4j.viz.cli;

import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.spi.OperatorConformance;
import io.github.attention4j.api.spi.OperatorConformance.Outcome;
import io.github.attention4j.api.spi.OperatorConformance.Verdict;
import io.github.attention4j.multimodal.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** What {@code conform} does with the operator tests of a standard. */
record OperatorTestRun(OperatorConformance conformance, AttentionProvider provider) {
  /// The tests of this format on a provider.
  ///
  /// @throws IllegalArgumentException if nothing that is installed runs such tests
  static OperatorTestRun of(String format, AttentionProvider provider) {
    for (OperatorConformance each : ServiceLoader.load(OperatorConformance.class)) {
      if (each.format().equals(format)) {
        return new OperatorTestRun(each, provider);
      }
    }
    throw new IllegalArgumentException(
        "conform: nothing that is installed runs the tests of " + format);
  }

  /// Runs the tests, prints a line of each and the totals, and writes what was computed.
  ///
  /// @param output an existing folder
  /// @return whether none failed
  boolean run(Path folder, Optional<Path> output, Terminal terminal) throws IOException {
    List<Path> tests = conformance.find(folder);
    Map<Outcome, Integer> totals = new EnumMap<>(Outcome.class);
    for (Path test : tests) {
      terminal.progress(provider.id() + " " + test.getFileName());
      Verdict verdict = judge(test);
      totals.merge(verdict.outcome(), 1, Integer::sum);
      terminal.endProgress();
      terminal.out().println(line(verdict));
      if (output.isPresent() && !verdict.computed().isEmpty()) {
        SafetensorsWriter.write(
            output.get().resolve(verdict.test() + ".safetensors"),
            verdict.computed(),
            Map.of("test", verdict.test(), "device", verdict.device()));
      }
    }
    terminal
        .out()
        .println(
            provider.id()
                + ": "
                + tests.size()
                + " tests of "
                + conformance.format()
                + ", "
                + totals.getOrDefault(Outcome.PASS, 0)
                + " pass, "
                + totals.getOrDefault(Outcome.FAIL, 0)
                + " FAIL, "
                + totals.getOrDefault(Outcome.REFUSED, 0)
                + " refused");
    return !totals.containsKey(Outcome.FAIL);
  }

  /** Files that cannot be read fail their own test, not the others. */
  private Verdict judge(Path test) throws IOException {
    try {
      return conformance.judge(test, provider);
    } catch (IllegalArgumentException unread) {
      return new Verdict(
          String.valueOf(test.getFileName()),
          "",
          "",
          Outcome.FAIL,
          Double.NaN,
          String.valueOf(unread.getMessage()),
          Map.of());
    }
  }

  private static String line(Verdict verdict) {
    String error =
        Double.isNaN(verdict.error()) ? "-" : String.format(Locale.ROOT, "%.2e", verdict.error());
    String outcome =
        switch (verdict.outcome()) {
          case PASS -> "pass";
          case FAIL -> "FAIL";
          case REFUSED -> "refused";
        };
    return String.format(
            Locale.ROOT,
            "%-78s %9s  %-8s %-22s %s",
            verdict.test(),
            error,
            outcome,
            verdict.operators(),
            verdict.detail())
        .stripTrailing();
  }
}
