package io.github.attention4j.api.spi;

import io.github.attention4j.api.ExternalMemory;
import io.github.attention4j.api.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Keeps external memories in one way: in the heap, in the index of a library, on another machine.
/// Found by `ServiceLoader` like [AttentionProvider].
public interface MemoryStore {
  /// The name users choose it by: lower case, unique.
  String id();

  /// What it is, for people.
  String describe();

  /// Why it cannot keep such a memory there; empty if it can. Cheap: opens nothing.
  ///
  /// @param directory where; empty for a memory that ends with the process
  List<String> unsupported(ExternalMemory.Sizes sizes, Optional<Path> directory);

  /// Opens the memory of a directory, an empty one where there is none yet.
  ///
  /// @param directory a directory of its own; made if it is not there. One process at a time
  /// @param settings the threads of a search, and options of this store, named `id.name`
  /// @throws io.github.attention4j.api.UnsupportedRequestException with the reasons of
  ///   [#unsupported]
  /// @throws IllegalArgumentException if the directory holds a memory of other sizes, or an option
  ///   is unknown
  /// @throws IOException if it cannot be read or written, is damaged, or open elsewhere
  ExternalMemory open(ExternalMemory.Sizes sizes, Optional<Path> directory, Settings settings)
      throws IOException;
}
