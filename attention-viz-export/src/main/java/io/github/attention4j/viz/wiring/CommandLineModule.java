package io.github.attention4j.viz.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.spi.ModelExporter;
import io.github.attention4j.viz.cli.ProviderSource;
import io.github.attention4j.viz.cli.Terminal;
import java.util.List;
import java.util.ServiceLoader;

/// What the commands are given: the terminal, and the services that `ServiceLoader` finds.
public final class CommandLineModule extends AbstractModule {
  private final Terminal terminal;

  /// For commands that print here.
  public CommandLineModule(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  protected void configure() {
    bind(Terminal.class).toInstance(terminal);
    bind(ProviderSource.class).toInstance(AttentionProviders::load);
  }

  @Provides
  @Singleton
  List<ModelExporter> exporters() {
    return ServiceLoader.load(ModelExporter.class).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }
}
