package io.github.attention4j.viz.cli;

import io.github.attention4j.api.AttentionProviders;
import io.github.attention4j.api.Settings;

/// Where commands get their providers from, once the settings are known.
@FunctionalInterface
public interface ProviderSource {
  /// The providers with these settings.
  ///
  /// @throws IllegalArgumentException if a provider refuses the settings
  AttentionProviders load(Settings settings);
}
