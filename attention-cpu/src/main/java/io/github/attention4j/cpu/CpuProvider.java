package io.github.attention4j.cpu;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Mechanism;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.kernel.Engine;
import io.github.attention4j.cpu.mechanism.MechanismAttention;
import io.github.attention4j.cpu.network.CpuProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Attention on the Vector API: provider `cpu`.
///
/// Needs the module `jdk.incubator.vector` (`--add-modules jdk.incubator.vector`) and a machine
/// with fused multiply-add. Without them it refuses everything and says why; nothing here loads a
/// vector class before that is known.
///
/// Runs on [Settings#threads] threads, on device `auto` or `cpu`; it has no options.
public final class CpuProvider implements AttentionProvider {
  private final Settings settings;
  private @Nullable Engine engine;

  /// For `ServiceLoader`; default settings.
  public CpuProvider() {
    this(Settings.defaults());
  }

  private CpuProvider(Settings settings) {
    this.settings = settings;
  }

  @Override
  public String id() {
    return "cpu";
  }

  @Override
  public int priority() {
    return 100;
  }

  @Override
  public AttentionProvider configure(Settings newSettings) {
    for (String key : newSettings.options().keySet()) {
      if (key.startsWith("cpu.")) {
        throw new IllegalArgumentException(
            "options: provider cpu has no options, got '" + key + "'");
      }
    }
    return new CpuProvider(newSettings);
  }

  @Override
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    List<String> reasons = Machine.reasons();
    lines.add(reasons.isEmpty() ? "CPU, " + Engine.shape() : "CPU, not usable: " + reasons);
    lines.add(
        settings.actualThreads()
            + " threads on "
            + Runtime.getRuntime().availableProcessors()
            + " processors");
    lines.add("fused multiply-add: " + Machine.fma());
    lines.add("Java " + Runtime.version() + ", " + System.getProperty("os.arch"));
    return lines;
  }

  private List<String> refusals() {
    List<String> reasons = new ArrayList<>(Machine.reasons());
    if (settings.device().startsWith("cuda")) {
      reasons.add("device " + settings.device() + ": this provider runs on the CPU only");
    }
    return reasons;
  }

  private synchronized Engine engine() {
    Engine present = engine;
    if (present == null) {
      present = new Engine(settings);
      engine = present;
    }
    return present;
  }

  @Override
  public List<String> unsupported(Request request) {
    List<String> reasons = refusals();
    if (!reasons.isEmpty()) {
      return reasons;
    }
    return request.mechanism() instanceof Mechanism.Pairwise
        ? engine().unsupported(request)
        : MechanismAttention.unsupported(request);
  }

  @Override
  public Attention prepare(Request request) {
    check(unsupported(request));
    return request.mechanism() instanceof Mechanism.Pairwise
        ? engine().prepare(request)
        : MechanismAttention.prepare(request, engine());
  }

  @Override
  public List<String> unsupported(Network network) {
    List<String> reasons = refusals();
    return reasons.isEmpty() ? CpuProgram.unsupported(network, this) : reasons;
  }

  @Override
  public Program compile(Network network, Set<String> maps) {
    check(unsupported(network));
    return new CpuProgram(network, maps, this, engine());
  }

  private static void check(List<String> reasons) {
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("provider cpu: " + String.join("; ", reasons));
    }
  }
}
