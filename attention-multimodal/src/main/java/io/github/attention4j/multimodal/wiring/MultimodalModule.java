package io.github.attention4j.multimodal.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Settings;
import io.github.attention4j.multimodal.Execution;
import java.util.Optional;

/// Binds [AttentionProviders] to what `ServiceLoader` finds, and [Execution] to the provider chosen
/// by name, or to the preferred one that can run each network.
public final class MultimodalModule extends AbstractModule {
  private final Settings settings;
  private final Optional<String> provider;

  /// The preferred provider, default settings.
  public MultimodalModule() {
    this(Settings.defaults(), Optional.empty());
  }

  /// A choice.
  ///
  /// @param settings of all providers
  /// @param provider the id of the only one to use
  public MultimodalModule(Settings settings, Optional<String> provider) {
    this.settings = settings;
    this.provider = provider;
  }

  @Provides
  @Singleton
  AttentionProviders providers() {
    return AttentionProviders.load(settings);
  }

  @Provides
  @Singleton
  Execution execution(AttentionProviders providers) {
    return provider.isPresent()
        ? Execution.on(providers.named(provider.get()))
        : Execution.preferred(providers);
  }
}
