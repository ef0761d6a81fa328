package io.github.attention4j.api.spi;

import io.github.attention4j.api.NdArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs the operator tests that a standard publishes through this project's own semantics. Found by
/// `ServiceLoader` like [AttentionProvider].
public interface OperatorConformance {
  /// The name of the standard, such as `onnx`.
  String format();

  /// The tests under a folder, which may be one test itself, in the order of their names.
  ///
  /// @throws IllegalArgumentException if there is none
  List<Path> find(Path folder) throws IOException;

  /// Runs one test. An operator that this project describes runs on the provider; a graph of
  /// primitive operators runs on the standard's own runtime.
  ///
  /// @throws IllegalArgumentException if the files are no such test
  Verdict judge(Path test, AttentionProvider provider) throws IOException;

  /// What came of a test.
  enum Outcome {
    /// Everything compared is within the tolerance.
    PASS,
    /// Something is wrong or missing.
    FAIL,
    /// It cannot be run, for a reason.
    REFUSED
  }

  /// What came of one test.
  ///
  /// @param test its name
  /// @param operators what it is made of: the operator, or `graph of N nodes`
  /// @param device what ran it; empty if nothing ran
  /// @param outcome pass, fail or refused
  /// @param error the largest absolute difference; NaN when nothing was compared
  /// @param detail which output is wrong and how, or why it was refused; empty if it passed
  /// @param computed what was computed, by the names of the model's outputs
  record Verdict(
      String test,
      String operators,
      String device,
      Outcome outcome,
      double error,
      String detail,
      Map<String, NdArray> computed) {
    public Verdict {
      computed = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(computed));
    }
  }
}
