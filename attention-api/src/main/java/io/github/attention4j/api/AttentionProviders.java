package io.github.attention4j.api;

import io.github.attention4j.api.network.Network;
import io.github.attention4j.api.spi.AttentionProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Function;

/// The providers that were found, and the choice among them.
///
/// An instance, never static state. Choosing by name has no fallback; choosing for a request takes
/// the first provider, by [AttentionProvider#priority], that has no reason against it, and keeps
/// the reasons of the others.
public final class AttentionProviders {
  private final List<AttentionProvider> providers;

  private AttentionProviders(List<AttentionProvider> providers) {
    this.providers = List.copyOf(providers);
  }

  /// The providers that `ServiceLoader` finds, with default settings.
  public static AttentionProviders load() {
    return load(Settings.defaults());
  }

  /// The providers that `ServiceLoader` finds, with these settings.
  ///
  /// @throws IllegalArgumentException if a provider refuses the settings, or two have the same id
  public static AttentionProviders load(Settings settings) {
    List<AttentionProvider> found = new ArrayList<>();
    for (AttentionProvider provider : ServiceLoader.load(AttentionProvider.class)) {
      found.add(provider.configure(settings));
    }
    return of(found);
  }

  /// These providers, ordered by priority.
  ///
  /// @throws IllegalArgumentException if two have the same id
  public static AttentionProviders of(List<AttentionProvider> providers) {
    List<AttentionProvider> ordered = new ArrayList<>(providers);
    ordered.sort(
        Comparator.comparingInt(AttentionProvider::priority)
            .reversed()
            .thenComparing(AttentionProvider::id));
    for (int i = 0; i < ordered.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (ordered.get(i).id().equals(ordered.get(j).id())) {
          throw new IllegalArgumentException(
              "providers: expected different ids, got '"
                  + ordered.get(i).id()
                  + "' from "
                  + ordered.get(j).getClass().getName()
                  + " and "
                  + ordered.get(i).getClass().getName());
        }
      }
    }
    return new AttentionProviders(ordered);
  }

  /// All of them, the preferred first.
  public List<AttentionProvider> all() {
    return providers;
  }

  /// The provider of this id.
  ///
  /// @throws IllegalArgumentException if there is none; names those there are
  public AttentionProvider named(String id) {
    for (AttentionProvider provider : providers) {
      if (provider.id().equals(id)) {
        return provider;
      }
    }
    throw new IllegalArgumentException(
        "provider: expected one of "
            + providers.stream().map(AttentionProvider::id).toList()
            + ", got '"
            + id
            + "'");
  }

  /// The preferred provider that can run the request.
  ///
  /// @throws UnsupportedRequestException if none can; has the reasons of each
  public Selection select(Request request) {
    return first(provider -> provider.unsupported(request));
  }

  /// The preferred provider that can run the network.
  ///
  /// @throws UnsupportedRequestException if none can; has the reasons of each
  public Selection select(Network network) {
    return first(provider -> provider.unsupported(network));
  }

  private Selection first(Function<AttentionProvider, List<String>> unsupported) {
    Map<String, List<String>> rejected = new LinkedHashMap<>();
    for (AttentionProvider provider : providers) {
      List<String> reasons = unsupported.apply(provider);
      if (reasons.isEmpty()) {
        return new Selection(provider, rejected);
      }
      rejected.put(provider.id(), reasons);
    }
    throw new UnsupportedRequestException(
        rejected.isEmpty()
            ? "no attention provider was found: is attention-cpu or attention-onnx-gpu on the path?"
            : "no provider can run this: " + rejected);
  }
}
