package io.github.attention4j.cpu.kernel;

/// A run whose inputs and results are known and checked; it may run again and reads their contents
/// anew each time.
interface PreparedRun {
  /// Runs.
  ///
  /// @return whether it did: false where what the inputs hold asks for the other driver
  boolean run();
}
