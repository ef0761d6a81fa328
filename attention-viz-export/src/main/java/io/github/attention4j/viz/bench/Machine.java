package io.github.attention4j.viz.bench;

import io.github.attention4j.api.Settings;
import io.github.attention4j.api.spi.MachinePeaks;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.ServiceLoader;

/// Where the figures come from.
///
/// @param facts what a reader needs to judge them, by name, in the order to show
/// @param threads as many as every contestant may use
/// @param load how many threads wanted to run in the last minute, before the benchmark began
/// @param operationsPerSecond the measured ceiling of fused multiply-adds, each counting as two
/// @param bytesPerSecond the measured ceiling of reads from memory
public record Machine(
    Map<String, String> facts,
    int threads,
    OptionalDouble load,
    OptionalDouble operationsPerSecond,
    OptionalDouble bytesPerSecond) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /// Measures the ceilings, where there is someone who can.
  static Machine measure(Settings settings, List<Contestant> contestants) {
    int threads = settings.actualThreads();
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    Map<String, String> facts = facts(threads);
    for (Contestant contestant : contestants) {
      facts.put(
          contestant.name(),
          contestant
              .provider()
              .map(provider -> String.join("; ", provider.describe()))
              .orElse("absent: " + contestant.absence()));
    }
    OptionalDouble operations = OptionalDouble.empty();
    OptionalDouble bytes = OptionalDouble.empty();
    facts.put("ceilings", "not measured: nobody here can");
    for (MachinePeaks peaks : ServiceLoader.load(MachinePeaks.class)) {
      List<String> reasons = peaks.unsupported();
      if (reasons.isEmpty()) {
        operations = OptionalDouble.of(peaks.operationsPerSecond(threads));
        bytes = OptionalDouble.of(peaks.readBytesPerSecond(threads));
        facts.put("ceilings", peaks.describe());
        break;
      }
      facts.put("ceilings", "not measured: " + String.join("; ", reasons));
    }
    return new Machine(
        facts,
        threads,
        load < 0 ? OptionalDouble.empty() : OptionalDouble.of(load),
        operations,
        bytes);
  }

  private static Map<String, String> facts(int threads) {
    var system =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("processor", processor());
    facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put("threads", Integer.toString(threads));
    facts.put("memory", Units.bytes((double) system.getTotalMemorySize()));
    facts.put(
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put(
        "java options",
        String.join(
            " ",
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-X"))
                .toList()));
    return facts;
  }

  /** As Linux names it; elsewhere the architecture. */
  private static String processor() {
    try {
      for (String line : Files.readAllLines(CPU_INFO)) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException absent) {
      return System.getProperty("os.arch", "unknown");
    }
    return System.getProperty("os.arch", "unknown");
  }
}
