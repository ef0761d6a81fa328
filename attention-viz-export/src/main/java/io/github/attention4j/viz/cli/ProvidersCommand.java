package io.github.attention4j.viz.cli;

import io.github.attention4j.api.spi.AttentionProvider;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "providers",
    header = "Lists who can compute, where, and what each refuses.",
    description = {
      "Prints every provider that was found, the preferred first: its name for --provider, its priority, the device it runs on, "
          + "and which terms of the vocabulary it refuses, with its reasons.",
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "A jar becomes visible by putting it on ATTENTION_PROVIDERS, a path like the class path.",
    })
final class ProvidersCommand implements Runnable {
  private final Terminal terminal;
  private final ProviderSource providers;

  @ParentCommand private RootCommand root;

  @Inject
  ProvidersCommand(Terminal terminal, ProviderSource providers) {
    this.terminal = terminal;
    this.providers = providers;
  }

  @Override
  public void run() {
    var found = providers.load(root.options().settings());
    List<AttentionProvider> chosen =
        root.options().provider().map(id -> List.of(found.named(id))).orElse(found.all());
    for (AttentionProvider provider : chosen) {
      terminal.out().println(provider.id() + "  (priority " + provider.priority() + ")");
      provider.describe().forEach(line -> terminal.out().println("  " + line));
      Map<String, List<String>> refusals = Probes.refusals(provider);
      terminal
          .out()
          .println(
              "  runs "
                  + (Probes.count() - refusals.size())
                  + " of "
                  + Probes.count()
                  + " terms"
                  + (refusals.isEmpty() ? "" : ", refuses:"));
      refusals.forEach((term, reasons) ->
          terminal.out().println("    " + term + ": " + String.join("; ", reasons)));
    }
    if (chosen.isEmpty()) {
      terminal.out().println("none found");
    }
  }
}
