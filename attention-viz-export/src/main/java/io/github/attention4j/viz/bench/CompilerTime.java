package io.github.attention4j.viz.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/// What the virtual machine's compilers have taken so far.
final class CompilerTime {
  private CompilerTime() {}

  /// Milliseconds of the compilations that are finished; always 0 where the virtual machine does
  /// not compile or does not tell.
  static long millis() {
    CompilationMXBean compilation = ManagementFactory.getCompilationMXBean();
    return compilation != null && compilation.isCompilationTimeMonitoringSupported()
        ? compilation.getTotalCompilationTime()
        : 0;
  }
}
