package io.github.attention4j.viz.wiring;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Stage;
import io.github.attention4j.viz.cli.Terminal;
import picocli.CommandLine;

/// Makes the commands with what they need; what is picocli's own is made as usual.
public final class InjectedCommands implements CommandLine.IFactory {
  private static final String COMMANDS = Terminal.class.getPackageName();

  private final Injector injector;

  /// For commands that print to this terminal.
  public InjectedCommands(Terminal terminal) {
    injector = Guice.createInjector(Stage.PRODUCTION, new CommandLineModule(terminal));
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    return type.getPackageName().equals(COMMANDS)
        ? injector.getInstance(type)
        : CommandLine.defaultFactory().create(type);
  }
}
