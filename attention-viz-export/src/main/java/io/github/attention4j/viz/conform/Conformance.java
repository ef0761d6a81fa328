package io.github.attention4j.viz.conform;

import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.viz.conform.Verdict.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Runs golden cases on a provider and judges the results. Safe for use by several threads.
public final class Conformance {
  private Conformance() {}

  /// Reads one case and runs it on one provider. A case that cannot be read is not understood.
  public static Verdict judge(Path folder, AttentionProvider provider) {
    GoldenCase golden;
    try {
      golden = GoldenCases.read(folder);
    } catch (IOException | RuntimeException unreadable) {
      return new Verdict(
          GoldenCases.name(folder),
          provider.id(),
          "",
          Outcome.NOT_UNDERSTOOD,
          Double.NaN,
          reason(unreadable),
          Map.of());
    }
    return judge(golden, provider);
  }

  /// Runs one case on one provider.
  public static Verdict judge(GoldenCase golden, AttentionProvider provider) {
    Optional<CaseFamily> family = Families.of(golden.mechanism());
    if (family.isEmpty()) {
      return verdict(
          golden, provider, Outcome.NOT_UNDERSTOOD, "mechanism '" + golden.mechanism() + "'");
    }
    if (golden.expectsGradients()) {
      return verdict(
          golden,
          provider,
          Outcome.REFUSED,
          "gradients: backward passes are not part of this release");
    }
    CaseInputs inputs = new CaseInputs(golden);
    Execution execution = new Execution(provider);
    Map<String, NdArray> all;
    try {
      all = family.get().compute(inputs, execution);
    } catch (NotUnderstoodException unknown) {
      return verdict(golden, provider, Outcome.NOT_UNDERSTOOD, reason(unknown));
    } catch (RefusedException refusal) {
      return verdict(golden, provider, Outcome.REFUSED, reason(refusal));
    } catch (RuntimeException failure) {
      return verdict(
          golden,
          provider,
          Outcome.FAIL,
          failure.getClass().getSimpleName() + ": " + reason(failure));
    }
    return compare(golden, provider, execution, all, inputs.unread());
  }

  private static Verdict compare(
      GoldenCase golden,
      AttentionProvider provider,
      Execution execution,
      Map<String, NdArray> all,
      List<String> unread) {
    Map<String, NdArray> computed = new LinkedHashMap<>();
    List<String> findings = new ArrayList<>();
    double error = Double.NaN;
    for (String name : new TreeSet<>(golden.expected().keySet())) {
      NdArray got = all.get(name);
      if (got == null) {
        continue;
      }
      computed.put(name, got);
      Expected want = Optional.ofNullable(golden.expected().get(name)).orElseThrow();
      Comparison comparison = Comparison.of(got, want, golden.tolerance());
      if (!comparison.passed()) {
        findings.add(name + ": " + comparison.text());
      }
      error = largest(error, comparison.error());
    }
    if (!computed.containsKey(golden.mainResult())) {
      findings.add(golden.mainResult() + ": missing in the results");
    }
    Outcome outcome = Outcome.PASS;
    if (!findings.isEmpty()) {
      outcome = unread.isEmpty() ? Outcome.FAIL : Outcome.NOT_UNDERSTOOD;
      if (!unread.isEmpty()) {
        findings.addFirst("nothing reads " + String.join(", ", unread));
      }
    }
    findings.addAll(execution.notes());
    return new Verdict(
        golden.name(),
        provider.id(),
        execution.device(),
        outcome,
        error,
        String.join("; ", findings),
        computed);
  }

  private static double largest(double a, double b) {
    return Double.isNaN(a) || b > a ? b : a;
  }

  private static Verdict verdict(
      GoldenCase golden, AttentionProvider provider, Outcome outcome, String detail) {
    return new Verdict(golden.name(), provider.id(), "", outcome, Double.NaN, detail, Map.of());
  }

  private static String reason(Exception exception) {
    String message = exception.getMessage();
    return message == null ? "no message" : message.lines().findFirst().orElse("").strip();
  }

  /// One line for people: case, largest error, outcome, detail.
  public static String line(Verdict verdict) {
    String error =
        Double.isNaN(verdict.error()) ? "-" : String.format(Locale.ROOT, "%.2e", verdict.error());
    return String.format(
            Locale.ROOT,
            "%-46s %-10s %9s  %s%s",
            verdict.goldenCase(),
            verdict.provider(),
            error,
            verdict.outcome().text(),
            verdict.detail().isEmpty() ? "" : "  " + verdict.detail())
        .stripTrailing();
  }

  /// Whether an outcome makes the whole run a failure.
  public static boolean isFailure(Outcome outcome) {
    return Set.of(Outcome.FAIL, Outcome.NOT_UNDERSTOOD).contains(outcome);
  }
}
