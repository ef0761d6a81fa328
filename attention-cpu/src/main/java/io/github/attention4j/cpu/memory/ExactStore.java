package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.Settings;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.api.spi.MemoryStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Store `exact`: memories in the heap that end with the process. No options.
public final class ExactStore implements MemoryStore {
  /// For `ServiceLoader`.
  public ExactStore() {}

  @Override
  public String id() {
    return "exact";
  }

  @Override
  public String describe() {
    return "in the heap, every key compared";
  }

  @Override
  public List<String> unsupported(ExternalMemory.Sizes sizes, Optional<Path> directory) {
    return directory
        .map(path -> List.of("keeps nothing on disk, " + path + " was asked for: see lucene"))
        .orElse(List.of());
  }

  @Override
  public ExternalMemory open(
      ExternalMemory.Sizes sizes, Optional<Path> directory, Settings settings) {
    List<String> reasons = unsupported(sizes, directory);
    if (!reasons.isEmpty()) {
      throw new UnsupportedRequestException("store exact: " + String.join("; ", reasons));
    }
    MemoryChecks.options(settings, id(), Set.of());
    return new ExactMemory(sizes, settings.actualThreads());
  }
}
