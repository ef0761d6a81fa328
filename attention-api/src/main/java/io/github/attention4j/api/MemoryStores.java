package io.github.attention4j.api;

import io.github.attention4j.api.spi.MemoryStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/// The stores of external memories that were found. An instance, never static state.
public final class MemoryStores {
  private final List<MemoryStore> stores;

  private MemoryStores(List<MemoryStore> stores) {
    this.stores = List.copyOf(stores);
  }

  /// The stores that `ServiceLoader` finds, by id.
  public static MemoryStores load() {
    List<MemoryStore> found = new ArrayList<>();
    ServiceLoader.load(MemoryStore.class).forEach(found::add);
    found.sort(Comparator.comparing(MemoryStore::id));
    return new MemoryStores(found);
  }

  /// All of them.
  public List<MemoryStore> all() {
    return stores;
  }

  /// The store of this id.
  ///
  /// @throws IllegalArgumentException if there is none; names those there are
  public MemoryStore named(String id) {
    for (MemoryStore store : stores) {
      if (store.id().equals(id)) {
        return store;
      }
    }
    throw new IllegalArgumentException(
        "store: expected one of "
            + stores.stream().map(MemoryStore::id).toList()
            + ", got '"
            + id
            + "'");
  }
}
