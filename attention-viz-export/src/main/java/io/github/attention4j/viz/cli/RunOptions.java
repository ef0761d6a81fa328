package io.github.attention4j.viz.cli;

import io.github.attention4j.api.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What every command that runs something understands: who runs it, where, and how. */
@Command
final class RunOptions {
  @Option(
      names = "--provider",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Who computes: see 'attention providers'. No other is tried.")
  private Optional<String> provider = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      scope = ScopeType.INHERIT,
      defaultValue = "0",
      description = "How many threads a provider may use; 0 means one per processor.")
  private int threads;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      scope = ScopeType.INHERIT,
      defaultValue = "auto",
      description = "auto, cpu, cuda or cuda:N; a provider that cannot run there says so.")
  private String device = "auto";

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      scope = ScopeType.INHERIT,
      description = "A setting of one provider, such as onnx.dialect=portable; may be repeated.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(
      names = "--no-color",
      scope = ScopeType.INHERIT,
      description = "Plain text. Also without a terminal, or where NO_COLOR is set.")
  private boolean noColor;

  Optional<String> provider() {
    return provider;
  }

  Settings settings() {
    return new Settings(threads, device, options);
  }

  boolean color(Terminal terminal) {
    return terminal.interactive() && !noColor && System.getenv("NO_COLOR") == null;
  }
}
