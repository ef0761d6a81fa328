package io.github.attention4j.viz.conform;

import io.github.attention4j.api.NdArray;
import java.util.Map;

/// What came of one case on one provider.
///
/// @param goldenCase the name of the case
/// @param provider the id of the provider it was given to
/// @param device what ran it, as the provider says; empty if nothing ran
/// @param outcome pass, fail, refused or not understood
/// @param error the largest absolute error over all compared arrays; NaN when none was compared
/// @param detail which array failed and how, why it was refused, or what was left out
/// @param computed what the provider computed, under the names the case expects
public record Verdict(
    String goldenCase,
    String provider,
    String device,
    Outcome outcome,
    double error,
    String detail,
    Map<String, NdArray> computed) {
  public Verdict {
    computed = Map.copyOf(computed);
  }

  /// What can come of a case.
  public enum Outcome {
    /// Everything that was computed is right, the main result among it.
    PASS("pass"),
    /// Something is wrong or missing.
    FAIL("FAIL"),
    /// The provider says it cannot run the case.
    REFUSED("refused"),
    /// This program does not know what the case asks for.
    NOT_UNDERSTOOD("not understood");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    /// The word for people.
    public String text() {
      return text;
    }
  }
}
