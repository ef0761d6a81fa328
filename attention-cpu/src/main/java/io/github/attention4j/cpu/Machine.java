package io.github.attention4j.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.github.attention4j.cpu.kernel.Engine;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the kernels need of the virtual machine and the processor, looked at once.
final class Machine {
  private Machine() {}

  private static final class Facts {
    static final String FMA = findFma();
    static final List<String> REASONS = find();

    private static List<String> find() {
      if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
        return List.of(
            "the module jdk.incubator.vector is not there: start Java with --add-modules"
                + " jdk.incubator.vector");
      }
      if (FMA.equals("no")) {
        return List.of("this processor has no fused multiply-add, or -XX:-UseFMA is set");
      }
      return Engine.unsupported();
    }

    private static String findFma() {
      HotSpotDiagnosticMXBean machine =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      @Nullable String value = null;
      if (machine != null) {
        try {
          value = machine.getVMOption("UseFMA").getValue();
        } catch (IllegalArgumentException unknown) {
          value = null;
        }
      }
      return value == null ? "unknown" : Boolean.parseBoolean(value) ? "yes" : "no";
    }
  }

  /// Why the kernels cannot run here; empty if they can.
  static List<String> reasons() {
    return Facts.REASONS;
  }

  /// `yes`, `no` or `unknown`.
  static String fma() {
    return Facts.FMA;
  }
}
