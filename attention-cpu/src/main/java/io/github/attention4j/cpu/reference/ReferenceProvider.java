package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.Attention;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.network.Program;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.cpu.plan.Captures;
import io.github.attention4j.cpu.plan.NetworkChecks;
import java.util.List;
import java.util.Set;

/// The provider `reference`: every mechanism and network in scalar float64, one thread, as the
/// formulas say.
public final class ReferenceProvider implements AttentionProvider {
  static final String DEVICE = "reference (float64, 1 thread)";

  /// For `ServiceLoader`.
  public ReferenceProvider() {}

  @Override
  public String id() {
    return "reference";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public AttentionProvider configure(Settings settings) {
    if (settings.device().startsWith("cuda")) {
      throw new IllegalArgumentException(
          "device: the provider reference runs on auto or cpu, got '" + settings.device() + "'");
    }
    for (String option : settings.options().keySet()) {
      if (option.startsWith("reference.")) {
        throw new IllegalArgumentException(
            "options: the provider reference has none, got '" + option + "'");
      }
    }
    return this;
  }

  @Override
  public List<String> describe() {
    return List.of(
        DEVICE,
        "scalar Java " + Runtime.version().feature() + ", exact formulas, never tuned",
        "results are rounded to float32 at the end");
  }

  @Override
  public List<String> unsupported(Request request) {
    return Captures.undefined(request);
  }

  @Override
  public Attention prepare(Request request) {
    refuse(unsupported(request));
    return new ReferenceAttention(request);
  }

  @Override
  public List<String> unsupported(Network network) {
    return NetworkChecks.refused(network);
  }

  @Override
  public Program compile(Network network, Set<String> maps) {
    refuse(unsupported(network));
    NetworkChecks.checkMaps(network, maps);
    return new ReferenceProgram(network, maps);
  }

  private static void refuse(List<String> reasons) {
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("reference: " + String.join("; ", reasons));
    }
  }
}
