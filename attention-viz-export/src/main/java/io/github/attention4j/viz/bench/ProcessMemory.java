package io.github.attention4j.viz.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/// What this process holds and takes, as the operating system and the virtual machine count it.
///
/// Resident memory, unlike the heap, also has what native libraries and native segments take.
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  private ProcessMemory() {}

  /// How many bytes more than before were resident at the highest point of `work`: what it takes
  /// beyond its inputs, when those were there before. Empty where the operating system does not
  /// tell (other than Linux).
  ///
  /// The heap is collected first. Pages that the process already holds and `work` uses again are
  /// not counted twice.
  static OptionalDouble extraBytes(Runnable work) {
    System.gc();
    boolean counted = forgetPeak();
    OptionalDouble before = field("VmRSS");
    work.run();
    OptionalDouble peak = field("VmHWM");
    return counted && before.isPresent() && peak.isPresent()
        ? OptionalDouble.of(Math.max(0, peak.getAsDouble() - before.getAsDouble()))
        : OptionalDouble.empty();
  }

  /// Bytes allocated on the Java heap by all threads since the start; never falls.
  static double allocatedBytes() {
    return ManagementFactory.getPlatformMXBean(ThreadMXBean.class).getTotalThreadAllocatedBytes();
  }

  /** Lets the highest resident size start again at the present one. */
  private static boolean forgetPeak() {
    try {
      Files.writeString(CLEAR, "5");
      return true;
    } catch (IOException absent) {
      return false;
    }
  }

  private static OptionalDouble field(String name) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(name + ":")) {
          return OptionalDouble.of(1024 * Double.parseDouble(line.replaceAll("\\D", "")));
        }
      }
      return OptionalDouble.empty();
    } catch (IOException absent) {
      return OptionalDouble.empty();
    }
  }
}
