package io.github.attention4j.viz.bench;

/// What came of a contestant in a cell.
public sealed interface Measurement {
  /// It ran.
  ///
  /// @param samples seconds per run
  /// @param firstSeconds of the first run after preparing, which may still compile
  /// @param allocatedBytes on the Java heap, by all threads, per run
  /// @param kernel what ran, such as `ai.onnx Attention`; empty if the provider does not say
  record Timed(Samples samples, double firstSeconds, double allocatedBytes, String kernel)
      implements Measurement {}

  /// It did not run, and says why.
  ///
  /// @param reason one line
  record Refused(String reason) implements Measurement {}

  /// It failed.
  ///
  /// @param reason one line
  record Failed(String reason) implements Measurement {}
}
