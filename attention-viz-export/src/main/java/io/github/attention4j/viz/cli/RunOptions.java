package io.github.attention4j.viz.cli;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Request;
import io.github.attention4j.api.Selection;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.multimodal.Execution;
import java.util.LinkedHashMap;
import java.util.List;
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

  /**
   * The provider to run a request: the named one, or the preferred one that can; the others'
   * reasons are shown.
   *
   * @throws IllegalArgumentException with the reasons if it cannot
   */
  AttentionProvider choose(ProviderSource source, Request request, Terminal terminal) {
    AttentionProviders found = load(source);
    if (provider.isEmpty()) {
      Selection selection = found.select(request);
      selection
          .rejected()
          .forEach((id, reasons) ->
              terminal.out().println("not " + id + ": " + String.join("; ", reasons)));
      return selection.provider();
    }
    AttentionProvider named = found.named(provider.get());
    List<String> reasons = named.unsupported(request);
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException(
          named.id() + " cannot run this: " + String.join("; ", reasons));
    }
    return named;
  }

  /** Who runs networks: the named provider alone, or for each the preferred one that can. */
  Execution execution(ProviderSource source) {
    AttentionProviders found = load(source);
    return provider
        .map(id -> Execution.on(found.named(id)))
        .orElseGet(() -> Execution.preferred(found));
  }

  /** The providers; a setting of none of them would change nothing, and is refused. */
  private AttentionProviders load(ProviderSource source) {
    AttentionProviders found = source.load(settings());
    List<String> ids = found.all().stream().map(AttentionProvider::id).toList();
    for (String key : options.keySet()) {
      if (ids.stream().noneMatch(id -> key.startsWith(id + "."))) {
        throw new IllegalArgumentException(
            "option: expected a name that begins with the provider's, one of "
                + ids
                + ", and a dot, got '"
                + key
                + "'");
      }
    }
    return found;
  }

  Settings settings() {
    return new Settings(threads, device, options);
  }

  boolean color(Terminal terminal) {
    return terminal.interactive() && !noColor && System.getenv("NO_COLOR") == null;
  }
}
